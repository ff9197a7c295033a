import { cancelGift, giftsFor, registerGift } from './domain.ts';

const rule = { step: 10_000, maximum: 4 };

test.each([
  [-1, 1],
  [0, 1],
  [10_000, 1],
  [10_001, 2],
  [20_000, 2],
  [30_000, 3],
  [30_001, 4],
  [1_000_000, 4],
])('given a fee of %i, when gifts are counted, then there are %i', (fee, gifts) => {
  expect(giftsFor(fee, rule)).toBe(gifts);
});

test('given a gift, when it is cancelled, then the record stays with no stock and GiftCanceled is published', () => {
  const gift = registerGift(1, { classId: 3, fee: 10_000, student: 'john-doe' }, 1).state!;
  const canceled = { ...gift, giftstock: 0 };
  expect(cancelGift(gift)).toEqual({ state: canceled, events: [{ type: 'GiftCanceled', data: canceled }] });
});
