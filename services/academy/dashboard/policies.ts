import { byKey, cancel, type Kit, type Policy, whenever } from '../../kit/index.ts';
import { LectureOpened, OpenedCanceled } from '../lecture/contract.ts';
import { CourseCanceled, CourseRegistrationCompleted } from '../registration/contract.ts';
import { headcount } from '../shared/headcount.ts';
import { hideLecture, LectureStatus, showLecture } from './domain.ts';

export const policies = (kit: Kit): Policy[] => {
  const { records } = kit;
  const students = headcount(kit, (id) => byKey(LectureStatus, id));
  return [
    whenever(LectureOpened, async ({ id, lectureName }, { id: cause }) => {
      await records.create(LectureStatus, { cause }, showLecture(id, lectureName), { key: id });
      await students.begin(id);
      return [];
    }),
    whenever(OpenedCanceled, ({ id }) => cancel(LectureStatus, id, hideLecture)),
    whenever(CourseRegistrationCompleted, async (registration, received) => {
      await students.enter(registration, received);
      return [];
    }),
    whenever(CourseCanceled, async (registration, received) => {
      await students.enter(registration, received);
      return [];
    }),
  ];
};
