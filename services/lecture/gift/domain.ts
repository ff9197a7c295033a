import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import { GiftCanceled, GiftRegistered, type GiftWish } from './contract.ts';

/** Gifts a student earned: one record for each enrolment, and one (under a key of its own) for each direct request. */
export interface Gift extends Identified, GiftWish {
  readonly giftstock: number;
}
export const Gift = aggregate<Gift>('Gift', { keyedBy: 'classId', listBy: ['classId'] });

/** One gift up to a fee of `step`, one more for each further step, `maximum` above. */
export const giftsFor = (fee: number, { step, maximum }: { step: number; maximum: number }): number =>
  Math.min(maximum, Math.max(1, Math.ceil(fee / step)));

export const registerGift = (id: number, { classId, fee, student }: GiftWish, giftstock: number): Decision<Gift> => {
  const gift = { id, classId, fee, student, giftstock };
  return decided(gift, GiftRegistered(gift));
};

export const cancelGift = (gift: Gift): Decision<Gift> => {
  const canceled = { ...gift, giftstock: 0 };
  return decided(canceled, GiftCanceled(canceled));
};
