import { z } from 'zod';
import { event, integer, positive, text } from '../../kit/domain/index.ts';

/** Body of POST /internal/gifts, sent by point. */
export const GiftRequest = z.object({ classId: integer, fee: integer, student: text });
export type GiftRequest = z.output<typeof GiftRequest>;
export const GiftOutcome = z.object({ granted: z.boolean() });

/** Body of POST /gifts. Without giftstock the fee decides: docs/contracts/lecture.md#oddity-direct-gift */
export const GiftBody = GiftRequest.extend({ giftstock: integer.optional() });

/** Gifts as clients see them. */
export const GiftAnswer = GiftRequest.extend({ id: positive, giftstock: integer });
export const GiftRegistered = event('GiftRegistered', GiftAnswer);
export const GiftCanceled = event('GiftCanceled', GiftAnswer);

/**
 * The enrolment that earned a gift: the document of such a gift is named after it.
 * @returns undefined for a gift that a client posted, since such a gift may name any enrolment
 */
export const enrolmentOf = (
  { classId }: z.output<typeof GiftAnswer>,
  { subject }: { readonly subject: string },
): number | undefined => (subject === `Gift-of-${classId}` ? classId : undefined);
