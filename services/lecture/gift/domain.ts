import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import { GiftCanceled, GiftRegistered, type GiftRequest } from './contract.ts';

/** Gifts of a student: one record for each enrolment, and one for each direct request, under a key of its own. */
export interface Gift extends Identified, GiftRequest {
  readonly giftstock: number;
}
export const Gift = aggregate<Gift>('Gift', { keyedBy: 'classId', listBy: ['classId'] });

/** The number of gifts for a fee: one for each started `step`, at least 1, at most `maximum`. */
export const giftsFor = (fee: number, { step, maximum }: { step: number; maximum: number }): number =>
  Math.min(maximum, Math.max(1, Math.ceil(fee / step)));

export const registerGift = (id: number, { classId, fee, student }: GiftRequest, giftstock: number): Decision<Gift> => {
  const gift = { id, classId, fee, student, giftstock };
  return decided(gift, GiftRegistered(gift));
};

export const cancelGift = (gift: Gift): Decision<Gift> => {
  const canceled = { ...gift, giftstock: 0 };
  return decided(canceled, GiftCanceled(canceled));
};
