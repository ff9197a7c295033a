import { byId, change, type Kit, type Policy, whenever } from '../../kit/index.ts';
import { CourseCanceled, CourseRegistrationCompleted } from '../registration/contract.ts';
import { headcount } from '../shared/headcount.ts';
import { LectureOpened } from './contract.ts';
import { cancelAgain, Lecture } from './domain.ts';

export const policies = (kit: Kit): Policy[] => {
  const { records } = kit;
  const students = headcount(kit, (id) => byId(Lecture, id));
  return [
    // 수강자수변경
    whenever(CourseRegistrationCompleted, async (registration, received) => {
      await students.enter(registration, received);
      const lecture = await records.get(Lecture, registration.lectureId);
      return lecture?.canceled ? [change(Lecture, lecture.id, cancelAgain)] : [];
    }),
    whenever(CourseCanceled, async (registration, received) => {
      await students.enter(registration, received);
      return [];
    }),

    whenever(LectureOpened, async ({ id }) => {
      await students.begin(id);
      return [];
    }),
  ];
};
