import { z } from 'zod';
import { event, integer, name } from '../../kit/domain/index.ts';

/** What else is sent, a number of students for instance, is ignored. */
export const LectureBody = z.looseObject({ lectureName: name });
export type LectureBody = Pick<z.output<typeof LectureBody>, 'lectureName'>;

const lecture = z.object({ id: integer, lectureName: z.string(), studentNumber: integer });
export const LectureOpened = event('LectureOpened', lecture);
/** An opened lecture was cancelled. It is published again when somebody completes a registration for it. Its name: docs/contracts/academy.md#oddity-opened-canceled */
export const OpenedCanceled = event('OpenedCanceled', lecture);
