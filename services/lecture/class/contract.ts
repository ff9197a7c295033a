import { z } from 'zod';
import { event, integer, name, positive } from '../../kit/domain/index.ts';

/** Nobody checks course and fee, so enrolling works while course is down: docs/contracts/lecture.md#oddity-unchecked-course */
export const EnrolmentBody = z.object({ courseId: integer, fee: integer, student: name, textBook: name });
export type EnrolmentBody = z.output<typeof EnrolmentBody>;

/** An enrolment as clients see it. */
export const ClassBody = EnrolmentBody.extend({ id: positive });

export const ClassRegistered = event('ClassRegistered', ClassBody);
export const ClassModified = event('ClassModified', ClassBody.omit({ textBook: true }));
export const ClassCanceled = event('ClassCanceled', ClassBody);

/** All that a student wants to know of an enrolment. */
export const MyPage = z.object({
  id: integer,
  classId: integer,
  paymentId: integer,
  courseId: integer,
  fee: integer,
  student: z.string(),
  textBook: z.string(),
  status: z.enum(['CLASS_START', 'CLASS_CANCELED']),
  paymentStatus: z.enum(['PAYMENT_COMPLETED', 'PAYMENT_CANCELED']),
  deliveryStatus: z.enum(['DELIVERY_START', 'DELIVERY_CANCELED']).nullable(),
  pointStatus: z.enum(['Point Added', 'Point Canceled']).nullable(),
  point: integer.nullable(),
  giftstock: integer.nullable(),
});
export type MyPage = z.output<typeof MyPage>;
