import { payOut } from '../payment/domain.ts';
import { GiftBody, type GiftRequest } from './contract.ts';
import { recordGift } from './domain.ts';

test('given a status with a full stop, when it is read, then it has none', () => {
  const body = { id: null, rewardId: null, walletId: 5, status: 'Exchanged.' };
  expect(GiftBody.parse(body)).toMatchObject({ rewardId: null, walletId: 5, status: 'Exchanged' });
});

test('given an entry, when its gift is recorded, then Used is published, and it is settled', () => {
  const request: GiftRequest = { walletId: 5, rewardId: 7, status: 'Exchanged' };
  const used = { id: 2, walletId: 5 };
  expect(recordGift(request)(2)).toEqual({ state: { id: 2, ...request }, events: [{ type: 'Used', data: used }] });
  expect(payOut(used)(4)).toEqual({ state: { id: 4, giftId: 2, giftStatus: 'Used' }, events: [] });
});
