import { z } from 'zod';
import { event, integer } from '../../kit/domain/index.ts';

/** Body of POST /internal/payments, sent by class. The answer says whether the enrolment may be completed. */
export const PaymentWish = z.object({
  classId: integer,
  courseId: integer,
  fee: integer,
  student: z.string(),
  textBook: z.string(),
});
export type PaymentWish = z.output<typeof PaymentWish>;
export const PaymentOutcome = z.object({ approved: z.boolean() });

const payment = PaymentWish.extend({ id: integer, status: z.enum(['PAYMENT_COMPLETED', 'CANCEL']) });
export const PaymentApproved = event('PaymentApproved', payment);
export const PaymentCanceled = event('PaymentCanceled', payment);
