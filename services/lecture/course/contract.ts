import { z } from 'zod';
import { event, integer, name } from '../../kit/domain/index.ts';

export const CourseBody = z.object({ name, teacher: name, fee: integer, textBook: name });
export type CourseBody = z.output<typeof CourseBody>;

const course = CourseBody.extend({ id: integer });
export const CourseRegistered = event('CourseRegistered', course);
export const CourseModified = event('CourseModified', course);
export const CourseDeleted = event('CourseDeleted', course);

/** A delivery started or was cancelled. Its spelling: docs/contracts/lecture.md#oddity-textbook-deliveried */
export const TextbookDeliveried = event(
  'TextbookDeliveried',
  z.object({
    id: integer,
    classId: integer,
    paymentId: integer,
    courseId: integer,
    student: z.string(),
    textBook: z.string(),
    status: z.enum(['DELIVERY_START', 'DELIVERY_CANCEL']),
  }),
);
