import { aggregate, type Decision, decided, ended, type Identified } from '../../kit/domain/index.ts';
import type { Counted } from '../shared/roll.ts';

/** A lecture as its instructor sees it; gone when it is cancelled. */
export interface LectureStatus extends Identified, Counted {
  readonly lectureId: number;
  readonly lectureName: string;
}
export const LectureStatus = aggregate<LectureStatus>('LectureStatus', { keyedBy: 'lectureId' });

export const showLecture =
  (lectureId: number, lectureName: string) =>
  (id: number): Decision<LectureStatus> =>
    decided({ id, lectureId, lectureName, studentNumber: 0, rolls: {} });

export const hideLecture = (): Decision<LectureStatus> => ended();
