import { embedded, type Stage, type Story } from '../scenario.ts';

type Json = Record<string, unknown>;

const PAID = '결제 완료';
const CANCELED = '취소 완료';

const inList = (shows: (row: Json) => string | undefined) => (list: Json) => {
  const [row] = embedded(list);
  return row && shows(row);
};
const nothing = (list: Json): string | undefined => (embedded(list).length === 0 ? 'nothing' : undefined);
const has = (students: number) => (answer: Json) =>
  answer.studentNumber === students ? `${students} students` : undefined;

const rowOf = (lecture: number): string => `/lectureStatuses/search/findByLectureId?lectureId=${lecture}`;
const paymentOf = (registration: number): string => `/paymentSystems/search/findByCourseId?courseId=${registration}`;

/** Two students take a lecture, one changes her mind, and then the instructor cancels it. */
export const story: Story = {
  port: 8288,
  async play(stage) {
    const lecture = await opened(stage);
    const [first, second] = await registered(stage, lecture);
    await oneLeaves(stage, lecture, second);
    await lectureCanceled(stage, lecture, first);
    stage.scene('5. Nobody can register for it any more.');
    await stage.ask('POST', '/courseRegistrationSystems', { lectureId: lecture, studentId: 3 }, 409);
  },
};

/** @returns the number of the lecture */
async function opened({ scene, ask, happens }: Stage): Promise<number> {
  scene('1. An instructor opens a lecture.');
  const lecture = Number((await ask('POST', '/lectureSystems', { lectureName: 'Korean history' }, 201)).id);
  const name = inList(({ lectureName }) => String(lectureName));
  await happens('dashboard', 'shows the lecture', rowOf(lecture), name);
  return lecture;
}

/** @returns the numbers of the registrations */
async function registered({ scene, ask, happens }: Stage, lecture: number): Promise<[number, number]> {
  scene('2. Two students register. No payment, no registration: payment is asked before registration says yes.');
  const register = async (studentId: number): Promise<number> =>
    Number((await ask('POST', '/courseRegistrationSystems', { lectureId: String(lecture), studentId }, 201)).id);
  const ids: [number, number] = [await register(1), await register(2)];
  for (const id of ids) {
    const payment = inList((row) => `payment ${row.id}`);
    await happens('payment', `has the payment of registration ${id}`, paymentOf(id), payment);
    await happens('registration', 'hears of it', `/courseRegistrationSystems/${id}`, ({ status }) =>
      status === PAID ? String(status) : undefined,
    );
  }
  await happens('lecture', 'counts them', `/lectureSystems/${lecture}`, has(2));
  const mine = '/courseRegistrationStatuses/search/findByStudentId?studentId=2';
  await happens('dashboard', 'shows the second student, from events alone', mine, (list) => {
    const row = embedded(list).find(({ courseId }) => courseId === ids[1]);
    return row?.courseStatus === PAID && row.lectureName ? `${row.lectureName}, ${row.courseStatus}` : undefined;
  });
  return ids;
}

async function oneLeaves({ scene, ask, happens }: Stage, lecture: number, registration: number): Promise<void> {
  scene('3. The second student changes her mind. Payment and lecture follow by events.');
  await ask('DELETE', `/courseRegistrationSystems/${registration}`, undefined, 204);
  await ask('GET', `/courseRegistrationSystems/${registration}`, undefined, 404);
  await happens('payment', 'cancels', paymentOf(registration), nothing);
  await happens('lecture', 'counts one less', `/lectureSystems/${lecture}`, has(1));
  const last = inList(({ lectureStatus }) => (lectureStatus === CANCELED ? CANCELED : undefined));
  await happens('dashboard', 'shows what happened last', rowOf(lecture), last);
}

async function lectureCanceled({ scene, ask, happens }: Stage, lecture: number, registration: number): Promise<void> {
  scene('4. The instructor cancels the lecture. The registrations for it go, and with them their payments.');
  await ask('DELETE', `/lectureSystems/${lecture}`, undefined, 204);
  const ofLecture = `/courseRegistrationSystems/search/findByLectureId?lectureId=${lecture}`;
  await happens('registration', 'cancels', ofLecture, nothing);
  await happens('payment', 'cancels', paymentOf(registration), nothing);
  await happens('dashboard', 'shows neither', rowOf(lecture), nothing);
}
