import { z } from 'zod';
import { event, integer, name } from '../../kit/domain/index.ts';

/** Nobody checks course and fee, so enrolling works while course is down: docs/contracts/lecture.md#oddity-unchecked-course */
export const EnrolmentBody = z.object({ courseId: integer, fee: integer, student: name, textBook: name });
export type EnrolmentBody = z.output<typeof EnrolmentBody>;

const enrolment = EnrolmentBody.extend({ id: integer });
export const ClassRegistered = event('ClassRegistered', enrolment);
export const ClassModified = event('ClassModified', enrolment.omit({ textBook: true }));
export const ClassCanceled = event('ClassCanceled', enrolment);
