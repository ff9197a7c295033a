import { answers, collectionAnswer, type Records, readable, route } from '../../kit/index.ts';
import { lastStatus } from '../shared/roll.ts';
import { CourseRegistrationStatus, LectureRow } from './contract.ts';
import { LectureStatus } from './domain.ts';
import { courseRegistrationStatus } from './views.ts';

/** How many registrations are looked through by their status: as many as the collection shows. */
const NEWEST = 1_000;

const lectures = {
  kind: LectureStatus,
  path: 'lectureStatuses',
  item: 'lectureStatus',
  answer: LectureRow,
  plain: true,
  show: ({ rolls, ...lecture }: LectureStatus) => ({
    ...lecture,
    lectureStatus: lastStatus({ ...lecture, rolls }),
  }),
};
const registrations = {
  kind: courseRegistrationStatus.kind,
  path: 'courseRegistrationStatuses',
  item: 'courseRegistrationStatus',
  answer: CourseRegistrationStatus,
  plain: true,
  show: courseRegistrationStatus.row,
};

/** Fills in the names of the lectures, which are records of their own. */
async function complete(
  rows: readonly CourseRegistrationStatus[],
  { records }: { readonly records: Records },
): Promise<readonly CourseRegistrationStatus[]> {
  const ids = rows.map(({ lectureId }) => lectureId);
  const names = new Map(
    (await records.withKeys(LectureStatus, ids)).map(({ lectureId, lectureName }) => [lectureId, lectureName]),
  );
  return rows.map((row) => ({ ...row, lectureName: names.get(row.lectureId) ?? null }));
}

const access = { instructor: 'all', student: { own: 'studentId' } } as const;

export const routes = [
  readable(registrations, { complete, access }),

  route.get(
    '/courseRegistrationStatuses/search/findByCourseStatus',
    {
      summary: 'Those of the newest 1,000 registrations that have this status.',
      answer: answers.collection(registrations),
      query: ['courseStatus'],
      paged: true,
      access,
    },
    async (context) => {
      const { isAsked, number, size, descending } = context.paging;
      const newest = (await context.records.newest(registrations.kind, NEWEST)).flatMap(
        (facts) => registrations.show(facts) ?? [],
      );
      const rows = await complete(newest, context);
      const found = rows.filter((row) => row.courseStatus === context.query.courseStatus);
      if (!isAsked) return collectionAnswer(registrations, found);
      const [from, to] = [number * size, (number + 1) * size];
      const page = (descending ? found.toReversed() : found).slice(from, to);
      return collectionAnswer(registrations, page, { number, size, next: to < found.length ? number + 1 : undefined });
    },
  ),

  readable(lectures, { access: { everyone: 'all' } }),
];
