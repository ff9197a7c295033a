import { z } from 'zod';
import { event, integer, name, positive, text } from '../../kit/domain/index.ts';

export const CourseBody = z.object({ name, teacher: name, fee: integer, textBook: name });
export type CourseBody = z.output<typeof CourseBody>;

/** A course as clients see it. */
export const CourseAnswer = CourseBody.extend({ id: positive });
export const CourseRegistered = event('CourseRegistered', CourseAnswer);
export const CourseModified = event('CourseModified', CourseAnswer);
export const CourseDeleted = event('CourseDeleted', CourseAnswer);

/** The textbook on its way to the student. */
export const DeliveryAnswer = z.object({
  id: positive,
  classId: positive,
  paymentId: positive,
  courseId: integer,
  student: text,
  textBook: text,
  status: z.enum(['DELIVERY_START', 'DELIVERY_CANCEL']),
});

/** A delivery started or was cancelled. Its spelling: docs/contracts/lecture.md#oddity-textbook-deliveried */
export const TextbookDeliveried = event('TextbookDeliveried', DeliveryAnswer);
