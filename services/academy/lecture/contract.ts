import { z } from 'zod';
import { event, integer, name, nonNegative, positive, text } from '../../kit/domain/index.ts';

/** What else is sent, a number of students for instance, is ignored. */
export const LectureBody = z.looseObject({ lectureName: name });
export type LectureBody = Pick<z.output<typeof LectureBody>, 'lectureName'>;

/** A lecture as clients see it, and as it is told. */
export const LectureAnswer = z.object({ id: positive, lectureName: text, studentNumber: nonNegative });

/** Who takes a lecture: a registration that is completed. */
export const StudentBody = z.object({ id: integer, studentId: integer, status: z.literal('결제 완료') });

export const LectureOpened = event('LectureOpened', LectureAnswer);
/** An opened lecture was cancelled. It is published again when somebody completes a registration for it. Its name: docs/contracts/academy.md#oddity-opened-canceled */
export const OpenedCanceled = event('OpenedCanceled', LectureAnswer);
