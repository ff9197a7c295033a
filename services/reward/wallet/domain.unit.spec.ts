import { exchange, issue, type Wallet } from './domain.ts';

const issued = issue({ id: 7, customerId: 11, missionId: 3, status: 'RewardAllocated' })(5);
const wallet = issued.state!;

test('given a reward, when it comes into the wallet, then Issued is published', () => {
  expect(wallet).toEqual({ id: 5, rewardId: 7, customerId: 11, status: 'Issued' });
  expect(issued.events).toEqual([{ type: 'Issued', data: wallet }]);
});

test('given an entry, when it is exchanged, then Exchanged is published, once', () => {
  const exchanged = { ...wallet, status: 'Exchanged' };
  const data = { id: 5, rewardId: 7, status: 'Exchanged' };
  expect(exchange(wallet)).toEqual({ state: exchanged, events: [{ type: 'Exchanged', data }] });
  expect(exchange(exchange(wallet)?.state as Wallet)).toBeUndefined();
});
