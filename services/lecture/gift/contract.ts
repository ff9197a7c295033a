import { z } from 'zod';
import { event, integer } from '../../kit/domain/index.ts';

/** What point asks gift for, by POST /internal/gifts. */
export const GiftWish = z.object({ classId: integer, fee: integer, student: z.string() });
export type GiftWish = z.output<typeof GiftWish>;
export const GiftOutcome = z.object({ granted: z.boolean() });

/** What clients may post directly; without giftstock the fee decides. */
export const GiftBody = GiftWish.extend({ giftstock: integer.optional() });

/** Gifts as clients see them. */
export const GiftAnswer = GiftWish.extend({ id: integer, giftstock: integer });
export const GiftRegistered = event('GiftRegistered', GiftAnswer);
export const GiftCanceled = event('GiftCanceled', GiftAnswer);

/**
 * The enrolment a gift was earned by, which its document is named after; undefined for a gift that a client asked for
 * directly: anybody can name any enrolment in that.
 */
export const enrolmentOf = (
  { classId }: z.output<typeof GiftAnswer>,
  { subject }: { readonly subject: string },
): number | undefined => (subject === `Gift-of-${classId}` ? classId : undefined);
