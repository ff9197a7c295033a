import { Router } from 'express';
import {
  byId,
  commandOf,
  Hal,
  idOf,
  ifMatch,
  jsonBody,
  type Kit,
  Problem,
  parseBody,
  readable,
  sendItem,
  writable,
} from '../../kit/index.ts';
import { LectureBody } from './contract.ts';
import { cancelLecture, Lecture, newestRolls, openLecture, Roll, renameLecture, studentsOn } from './domain.ts';

/** Students on the list of a lecture at most. */
const NEWEST = 1_000;

const lectures = {
  kind: Lecture,
  path: 'lectureSystems',
  item: 'lectureSystem',
  plain: true,
  show: ({ canceled, rolls, ...lecture }: Lecture) => (canceled ? undefined : (lecture as Lecture)),
};

export const api = (kit: Kit): Router[] => [
  readable(kit.records, lectures),
  writable(kit.records, lectures, { body: LectureBody, create: openLecture, remove: cancelLecture }),
  renaming(kit),
  registrations(kit),
];

const noLecture = (id: number): Problem => new Problem(404, 'Not Found', `There is no lectureSystem ${id}.`);

function renaming({ records }: Kit): Router {
  const router = Router();
  router.patch('/lectureSystems/:id', ...jsonBody, async (request, response) => {
    const id = idOf(request);
    const asked = parseBody(LectureBody, request);
    const decide = ifMatch(request, lectures, (lecture: Lecture) => renameLecture(lecture, asked));
    const changed = await records.change(byId(Lecture, id), commandOf(request), decide);
    if (!changed.state) throw noLecture(id);
    sendItem(request, response, lectures, changed.state);
  });
  return router;
}

/** Who takes a lecture: the newest of them, each with a link to the registration. */
function registrations({ records }: Kit): Router {
  const router = Router();
  const hal = new Hal({
    kind: { name: 'Student' },
    path: 'courseRegistrationSystems',
    item: 'courseRegistrationSystem',
  });
  router.get('/lectureSystems/:id/registrations', async (request, response) => {
    const id = idOf(request);
    const lecture = await records.get(Lecture, id);
    if (!lecture || lecture.canceled) throw noLecture(id);
    const students = (await records.withKeys(Roll, newestRolls(lecture, NEWEST))).flatMap(studentsOn);
    response.json(hal.collection(request, students.sort((a, b) => a.id - b.id).slice(-NEWEST)));
  });
  return router;
}
