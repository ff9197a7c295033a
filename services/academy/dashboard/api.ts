import { Router } from 'express';
import {
  type Facts,
  Hal,
  type Identified,
  type Kit,
  pagingOf,
  type Resource,
  readable,
  shown,
  soughtValue,
} from '../../kit/index.ts';
import { type Entry, lastStatus } from '../lecture/domain.ts';
import { LectureStatus } from './domain.ts';
import { type CourseRegistrationStatus, courseRegistrationStatus } from './views.ts';

interface LectureRow extends Identified {
  readonly lectureId: number;
  readonly lectureStatus: Entry['status'] | null;
  readonly lectureName: string;
  readonly studentNumber: number;
}
const lectures: Resource<LectureStatus, LectureRow> = {
  kind: LectureStatus,
  path: 'lectureStatuses',
  item: 'lectureStatus',
  plain: true,
  show: ({ rolls, ...lecture }) => ({ ...lecture, lectureStatus: lastStatus({ ...lecture, rolls }) }),
};

const registrationsOf = ({ records }: Kit): Resource<Facts, CourseRegistrationStatus> => ({
  kind: courseRegistrationStatus.kind,
  path: 'courseRegistrationStatuses',
  item: 'courseRegistrationStatus',
  plain: true,
  show: courseRegistrationStatus.row,
  async complete(rows) {
    const ids = rows.map(({ lectureId }) => lectureId);
    const names = new Map(
      (await records.withKeys(LectureStatus, ids)).map(({ lectureId, lectureName }) => [lectureId, lectureName]),
    );
    return rows.map((row) => ({ ...row, lectureName: names.get(row.lectureId) ?? null }));
  },
});

export const api = (kit: Kit): Router[] => [
  readable(kit.records, registrationsOf(kit)),
  byStatus(kit),
  readable(kit.records, lectures),
];

/** Among the newest 1,000, as many as the collection shows; in pages, where one is asked for. */
function byStatus(kit: Kit): Router {
  const router = Router();
  const registrations = registrationsOf(kit);
  const { kind, path, item } = registrations;
  const hal = new Hal<CourseRegistrationStatus, CourseRegistrationStatus>({ kind: { name: kind.name }, path, item });
  router.get(`/${path}/search/findByCourseStatus`, async (request, response) => {
    const courseStatus = soughtValue(request, 'courseStatus');
    const { isAsked, number, size, descending } = pagingOf(request);
    const rows = await shown(registrations, await kit.records.newest(kind, 1_000));
    const found = rows.filter((row) => row.courseStatus === courseStatus);
    if (!isAsked) {
      response.json(hal.collection(request, found));
      return;
    }
    const [from, to] = [number * size, (number + 1) * size];
    const page = (descending ? found.toReversed() : found).slice(from, to);
    response.json(hal.collection(request, page, { number, size, next: to < found.length ? number + 1 : undefined }));
  });
  return router;
}
