import type { Kit, Reaction } from '../../kit/index.ts';
import { Used } from '../gift/contract.ts';
import { exchange, issue, Wallet } from './domain.ts';
import { policies } from './policies.ts';

const issued = issue({ id: 7, customerId: 11, missionId: 3, status: 'RewardAllocated' })(5);
const wallet = issued.state!;

test('given a reward, when it comes into the wallet, then Issued tells it', () => {
  expect(wallet).toEqual({ id: 5, rewardId: 7, customerId: 11, status: 'Issued' });
  expect(issued.events).toEqual([{ type: 'Issued', data: wallet }]);
});

test('given an entry, when it is exchanged, then Exchanged tells it, once', () => {
  const exchanged = { ...wallet, status: 'Exchanged' };
  const data = { id: 5, rewardId: 7, status: 'Exchanged' };
  expect(exchange(wallet)).toEqual({ state: exchanged, events: [{ type: 'Exchanged', data }] });
  expect(exchange(exchange(wallet)?.state as Wallet)).toBeUndefined();
});

const onUsed = async (found: Wallet | undefined): Promise<Reaction[]> => {
  const all = policies({ records: { get: async () => found } } as unknown as Kit);
  const used = all.find(({ event }) => event.type === Used.type);
  return [await used?.react({ data: { id: 1, walletId: 5 } } as never)].flat() as Reaction[];
};

test('given a gift was recorded, when its entry is not exchanged, then it is, by the gift', async () => {
  const [reaction] = await onUsed(wallet);
  expect(reaction).toMatchObject({ kind: Wallet, key: 7, mode: 'change' });
  expect(reaction?.decide(wallet as never, 5)).toEqual(exchange(wallet));
});

test('given a gift for an entry that never was, when it is told, then nobody waits for the entry', async () => {
  expect(await onUsed(undefined)).toEqual([]);
});
