import { answers, collectionAnswer, readable, route, writable } from '../../kit/index.ts';
import { newestRolls, Roll, studentsOn } from '../shared/roll.ts';
import { LectureAnswer, LectureBody, StudentBody } from './contract.ts';
import { cancelLecture, Lecture, openLecture, renameLecture } from './domain.ts';

/** Students on the list of a lecture at most. */
const NEWEST = 1_000;

const lectures = {
  kind: Lecture,
  path: 'lectureSystems',
  item: 'lectureSystem',
  answer: LectureAnswer,
  plain: true,
  show: ({ canceled, rolls, ...lecture }: Lecture) => (canceled ? undefined : lecture),
};
const students = { path: 'courseRegistrationSystems', item: 'courseRegistrationSystem', answer: StudentBody };

const access = { instructor: 'all' } as const;

export const routes = [
  readable(lectures, { access: { everyone: 'all' } }),
  writable(lectures, { body: LectureBody, create: openLecture, remove: cancelLecture, access }),

  route.patch(
    '/lectureSystems/:id',
    { summary: 'Renames a lecture.', body: LectureBody, answer: answers.item(lectures), access },
    (context) => context.change(lectures, (lecture) => renameLecture(lecture, context.body)),
  ),

  route.get(
    '/lectureSystems/:id/registrations',
    {
      summary: 'Who takes a lecture: the newest of them, each with a link to the registration.',
      answer: answers.collection(students),
      access,
    },
    async (context) => {
      const lecture = await context.records.get(Lecture, context.id);
      if (!lecture || lecture.canceled) throw context.missing(lectures);
      const found = (await context.records.withKeys(Roll, newestRolls(lecture, NEWEST))).flatMap(studentsOn);
      return collectionAnswer(students, found.sort((a, b) => a.id - b.id).slice(-NEWEST));
    },
  ),
];
