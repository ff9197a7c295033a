import { z } from 'zod';
import { event, integer, positive, text } from '../../kit/domain/index.ts';

/** Body of POST /internal/payments, sent by class. The answer says whether the enrolment may be completed. */
export const PaymentRequest = z.object({
  classId: positive,
  courseId: integer,
  fee: integer,
  student: text,
  textBook: text,
});
export type PaymentRequest = z.output<typeof PaymentRequest>;
export const PaymentOutcome = z.object({ approved: z.boolean() });

/** A payment as clients see it. */
export const PaymentBody = PaymentRequest.extend({ id: positive, status: z.enum(['PAYMENT_COMPLETED', 'CANCEL']) });
export type PaymentBody = z.output<typeof PaymentBody>;

/** The one thing that clients may do with a payment. */
export const CancelBody = z.object({ status: z.literal('CANCEL', 'can only become CANCEL; send {"status":"CANCEL"}') });

export const PaymentApproved = event('PaymentApproved', PaymentBody);
export const PaymentCanceled = event('PaymentCanceled', PaymentBody);
