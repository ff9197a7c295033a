import { aggregate, type Decision, decided, type Identified, RuleViolation } from '../../kit/domain/index.ts';
import type { Counted } from '../shared/roll.ts';
import { type LectureBody, LectureOpened, OpenedCanceled } from './contract.ts';

/** A lecture. One that is cancelled stays here, unseen, because registrations for it may still come. */
export interface Lecture extends Identified, LectureBody, Counted {
  readonly canceled: boolean;
}
export const Lecture = aggregate<Lecture>('LectureSystem', { isShown: ({ canceled }) => !canceled });

export const openLecture = (id: number, { lectureName }: LectureBody): Decision<Lecture> => {
  const lecture = { id, lectureName, studentNumber: 0 };
  return decided({ ...lecture, canceled: false, rolls: {} }, LectureOpened(lecture));
};

export const renameLecture = (lecture: Lecture, { lectureName }: LectureBody): Decision<Lecture> =>
  decided({ ...open(lecture), lectureName });

export const cancelLecture = (lecture: Lecture): Decision<Lecture> =>
  decided({ ...open(lecture), canceled: true }, OpenedCanceled(lecture));

/** Somebody registered for it before the cancellation was known everywhere. */
export const cancelAgain = (lecture: Lecture): Decision<Lecture> => decided(lecture, OpenedCanceled(lecture));

function open(lecture: Lecture): Lecture {
  if (lecture.canceled) throw new RuleViolation(`lecture ${lecture.id} was cancelled`, 404);
  return lecture;
}
