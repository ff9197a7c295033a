import { aggregate, type Decision, decided, ended, type Identified } from '../../kit/domain/index.ts';
import { ClassCanceled, ClassModified, ClassRegistered, type EnrolmentBody } from './contract.ts';

/** One enrolment of a student in a course. */
export interface Enrolment extends Identified, EnrolmentBody {}
export const Enrolment = aggregate<Enrolment>('Class');

export const enrol = (id: number, request: EnrolmentBody): Decision<Enrolment> => {
  const enrolment = { id, ...request };
  return decided(enrolment, ClassRegistered(enrolment));
};

/** Payment, points, gift and delivery stay as they are: docs/contracts/lecture.md#saga-s9 */
export const changeEnrolment = (enrolment: Enrolment, change: Partial<EnrolmentBody>): Decision<Enrolment> => {
  const changed = { ...enrolment, ...change };
  return decided(changed, ClassModified(changed));
};

export const cancelEnrolment = (enrolment: Enrolment): Decision<Enrolment> => ended(ClassCanceled(enrolment));
