import { type Answer, expectProblem, type Fields, rows } from '../../harness/client.ts';
import { eventually, processOf, run } from '../../harness/system.ts';
import { followed, type Published } from '../../harness/topic.ts';
import {
  call,
  cancel,
  cancelLecture,
  completes,
  GW,
  get,
  lectureRow,
  open,
  recordsOf,
  register,
  registered,
  studentsAre,
  vanishes,
} from '../client.ts';

const topic = followed('academy');

/** How often each event was told about a registration or its payment. */
function toldOf(id: number): Record<string, number> {
  const events = new Map<string, string>();
  for (const { event } of topic.published) {
    const { type, data } = event;
    if ((/^Payment/.test(type) ? data.courseId : /^Course/.test(type) ? data.id : undefined) === id)
      events.set(event.id, type);
  }
  const counts: Record<string, number> = {};
  for (const type of events.values()) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** A lecture number nobody opens. */
const NOBODYS = 900_000_001;

test('1, 2, 3. given all services, when a student registers by the singular path, then it is paid once and completed', async () => {
  const before = await call('POST', '/courseRegistrationSystem', { lectureId: '1' });
  expect(before).toMatchObject({ status: 201, body: { lectureId: 1, studentId: 12334, status: '수강신청중' } });
  const id = before.body.id as number;
  expect(before.headers.get('location')).toBe(`${GW}/courseRegistrationSystems/${id}`);
  const { registration, payment } = await completes(id);
  expect((await get(`/courseRegistrationSystem/${id}`)).body).toEqual(registration);
  for (const path of ['/courseRegistrationSystem', '/courseRegistrationSystems'])
    expect(rows(await get(path))).toContainEqual(registration);
  expect(rows<Fields>(await get('/paymentSystems?sort=id,desc')).filter(({ courseId }) => courseId === id)).toEqual([
    payment,
  ]);
  expect((await get(`/paymentSystems/${payment?.id}`)).body).toEqual(payment);
  await eventually(() =>
    expect(toldOf(id)).toEqual({ CourseRegistered: 1, PaymentCompleted: 1, CourseRegistrationCompleted: 1 }),
  );
});

test('2. given a registration, when its events are published, then they carry all fields', async () => {
  const id = await registered(NOBODYS, { studentId: 7 });
  await completes(id);
  const data = (type: string): Fields | undefined =>
    topic.published.find(({ event }) => event.type === type && event.data.id === id && event.data.lectureId === NOBODYS)
      ?.event.data;
  await eventually(() => {
    const fields = { id, lectureId: NOBODYS, studentId: 7, timestamp: expect.stringMatching(/^\d{14}$/) };
    const named = (eventType: string, status: string) => ({ eventType, status, ...fields });
    expect(data('CourseRegistered')).toEqual(named('CourseRegistered', '수강신청중'));
    expect(data('CourseRegistrationCompleted')).toEqual(named('CourseRegistrationCompleted', '결제 완료'));
  });
});

test('4, 11. given an open lecture, when students register, then it counts them and lists who they are, as does the dashboard', async () => {
  const lecture = await open();
  const first = await registered(lecture, { studentId: 1 });
  await studentsAre(lecture, [first]);
  const others = await Promise.all([2, 3, 4].map((studentId) => registered(lecture, { studentId })));
  await studentsAre(lecture, [first, ...others]);
  const list = rows<Fields>(await get(`/lectureSystems/${lecture}/registrations`));
  expect(list).toContainEqual(expect.objectContaining({ id: first, studentId: 1, status: '결제 완료' }));
  expect(await lectureRow(lecture)).toMatchObject({ lectureStatus: '결제 완료', studentNumber: 4 });
});

test('5, 6. given a completed registration, when the student cancels, then it and its payment go and the count is as before', async () => {
  const lecture = await open();
  const stays = await registered(lecture);
  const id = await registered(lecture);
  await completes(id);
  await studentsAre(lecture, [stays, id]);
  expect((await cancel(id)).status).toBe(204);
  expectProblem(await get(`/courseRegistrationSystems/${id}`), 404);
  await vanishes(id);
  await studentsAre(lecture, [stays]);
  expect(await lectureRow(lecture)).toMatchObject({ lectureStatus: '취소 완료' });
  expectProblem(await cancel(id), 404);
  await eventually(() => expect(toldOf(id)).toMatchObject({ CourseCanceled: 1, PaymentCanceled: 1 }));
  await completes(stays);
  expect(toldOf(id)).toEqual({
    CourseRegistered: 1,
    PaymentCompleted: 1,
    CourseRegistrationCompleted: 1,
    CourseCanceled: 1,
    PaymentCanceled: 1,
  });
});

test('5, 6. given registrations just made, when they are cancelled at once, then nothing of them is left and nobody is counted', async () => {
  const lecture = await open();
  const ids = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const id = await registered(lecture);
      expect((await cancel(id)).status).toBe(204);
      return id;
    }),
  );
  for (const id of ids) await vanishes(id);
  await studentsAre(lecture, []);
});

test('7. given an instructor, when a lecture is opened and renamed, then list and dashboard show it with its new name', async () => {
  const id = await open('korean history');
  expect(rows(await get('/lectureSystems'))).toContainEqual(
    expect.objectContaining({ id, lectureName: 'korean history', studentNumber: 0 }),
  );
  expect(rows(await get('/lectureStatuses'))).toContainEqual(expect.objectContaining({ lectureId: id }));
  expect(await lectureRow(id)).toMatchObject({ lectureStatus: null, studentNumber: 0 });
  const renamed = await call('PATCH', `/lectureSystems/${id}`, { lectureName: 'history of Korea' });
  expect(renamed).toMatchObject({ status: 200, body: { id, lectureName: 'history of Korea', studentNumber: 0 } });
  expect((await get(`/lectureSystems/${id}`)).body).toEqual(renamed.body);
});

test('8. given an open lecture, when it is cancelled, then it is gone everywhere and cannot be cancelled or renamed again', async () => {
  const id = await open();
  expect((await cancelLecture(id)).status).toBe(204);
  for (const path of [`/lectureSystems/${id}`, `/lectureSystems/${id}/registrations`])
    expectProblem(await get(path), 404);
  expect(rows<Fields>(await get('/lectureSystems')).map((lecture) => lecture.id)).not.toContain(id);
  await eventually(async () => expect(await lectureRow(id)).toBeUndefined());
  expectProblem(await cancelLecture(id), 404);
  expectProblem(await call('PATCH', `/lectureSystems/${id}`, { lectureName: 'again' }), 404);
  const published = topic.published.filter(({ event }) => event.type === 'OpenedCanceled' && event.data.id === id);
  expect(published).toHaveLength(1);
});

test('9. given two lectures with students, when one is cancelled, then its registrations and payments go, the others stay', async () => {
  const [first, second] = [await open(), await open()];
  const three = await Promise.all([1, 2, 3].map((studentId) => registered(first, { studentId })));
  const fourth = await registered(second, { studentId: 4 });
  for (const id of [...three, fourth]) await completes(id);
  await studentsAre(first, three);
  expect((await cancelLecture(first)).status).toBe(204);
  for (const id of three) await vanishes(id);
  await completes(fourth);
  await studentsAre(second, [fourth]);
  await eventually(() => {
    for (const id of three) expect(toldOf(id)).toMatchObject({ CourseCanceled: 1, PaymentCanceled: 1 });
  });
  await eventually(async () => expectProblem(await register(first), 409));
});

test('9. given a lecture, when it is cancelled while students register, then none of them stays registered', async () => {
  const lecture = await open();
  const answers: Answer[] = [];
  const accepted = (): Answer[] => answers.filter(({ status }) => status === 201);
  // Each goes on until the cancellation was answered, and once more.
  let [going, canceled] = [true, false];
  const registering = Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let last = false; going && !last; ) {
        last = canceled;
        answers.push(await register(lecture));
      }
    }),
  );
  try {
    await eventually(() => expect(accepted().length).toBeGreaterThan(8));
    expect((await cancelLecture(lecture)).status).toBe(204);
    canceled = true;
    await registering;
  } finally {
    going = false;
  }
  for (const answer of answers) expect([201, 409, 503]).toContain(answer.status);
  const ids = accepted().map(({ body }) => body.id as number);
  expect(ids.length).toBeGreaterThan(8);
  for (const id of ids) await vanishes(id);
});

test('10. given registrations of a student, when they are looked up, then each shows its lecture and state', async () => {
  const lectureName = 'english';
  const lecture = await open(lectureName);
  const studentId = 1_000_000 + Math.floor(Math.random() * 1_000_000_000);
  const [kept, gone, elsewhere] = [
    await registered(lecture, { studentId }),
    await registered(lecture, { studentId }),
    await registered(NOBODYS, { studentId }),
  ];
  for (const id of [kept, gone, elsewhere]) await completes(id);
  await cancel(gone);
  await vanishes(gone);
  const found = rows<Fields>(await get(`/courseRegistrationStatuses/search/findByStudentId?studentId=${studentId}`));
  const row = { studentId, courseStatus: '결제 완료' };
  expect(found).toMatchObject([
    { ...row, courseId: kept, lectureId: lecture, lectureName },
    { ...row, courseId: elsewhere, lectureId: NOBODYS, lectureName: null },
  ]);
  for (const one of found) {
    expect((await get(`/courseRegistrationStatuses/${one.id}`)).body).toEqual(one);
    expect(rows(await get('/courseRegistrationStatuses'))).toContainEqual(one);
  }
  const status = encodeURIComponent('결제 완료');
  const completed = rows(await get(`/courseRegistrationStatuses/search/findByCourseStatus?courseStatus=${status}`));
  expect(completed).toEqual(expect.arrayContaining(found));
  const [shown] = rows<Fields>(await get(`/lectureStatuses/search/findByLectureId?lectureId=${lecture}`));
  expect((await get(`/lectureStatuses/${shown?.id}`)).body).toEqual(shown);
});

test('4, 11. given a lecture that is not open yet, when students register, then it counts them from its opening', async () => {
  const next = (await open()) + 1;
  const early = [await registered(next), await registered(next)];
  for (const id of early) await completes(id);
  // Where several processes open lectures, the next is not always the very next.
  await eventually(async () => expect(await open()).toBe(next));
  await studentsAre(next, early);
});

test('22. given both forms of a number, when students register, then they are the same', async () => {
  const lecture = await open();
  const [text, number] = [await register(String(lecture)), await register(lecture)];
  for (const { status, body } of [text, number])
    expect({ status, body }).toMatchObject({ status: 201, body: { lectureId: lecture } });
  expect(Object.keys(text.body)).toEqual(Object.keys(number.body));
  for (const { body } of [text, number]) await completes(body.id as number);
});

describe('payments', () => {
  const pay = (courseId: unknown) => call('POST', '/paymentSystems', { courseId, amount: 3 });
  // Far from the numbers that registrations get meanwhile.
  const courseId = (): number => 1_000_000_000 + Math.floor(Math.random() * 1e12);

  test('3. given a payment, when it is made again, then there is one, published once', async () => {
    const id = courseId();
    const [first, ...others] = await Promise.all(Array.from({ length: 6 }, () => pay(id)));
    expect(first).toMatchObject({ status: 201, body: { courseId: id } });
    for (const other of others) expect(other).toMatchObject({ status: 201, body: first!.body });
    expect(await pay(String(id))).toMatchObject({ status: 201, body: first!.body });
    await eventually(() => expect(toldOf(id)).toEqual({ PaymentCompleted: 1 }));
    const paged = await get('/paymentSystems?page=0&size=1&sort=id,desc');
    expect(paged.body.page).toEqual({ number: 0, size: 1 });
  });

  test('6. given a payment that was cancelled, when it is cancelled or made again, then 404 and 409', async () => {
    const id = courseId();
    const payment = (await pay(id)).body.id;
    expect((await call('DELETE', `/paymentSystems/${payment}`)).status).toBe(204);
    expectProblem(await call('DELETE', `/paymentSystems/${payment}`), 404);
    expectProblem(await pay(id), 409);
    await eventually(() => expect(toldOf(id)).toEqual({ PaymentCompleted: 1, PaymentCanceled: 1 }));
    // Nobody waits for the registration that such a payment would belong to.
    await completes(await registered(NOBODYS));
  });

  test('6. given a registration, when its payment is cancelled by itself, then the registration is gone, too', async () => {
    const lecture = await open();
    const id = await registered(lecture);
    const { payment } = await completes(id);
    await studentsAre(lecture, [id]);
    expect((await call('DELETE', `/paymentSystems/${payment?.id}`)).status).toBe(204);
    await vanishes(id);
    await studentsAre(lecture, []);
    await eventually(() => expect(toldOf(id)).toMatchObject({ CourseCanceled: 1, PaymentCanceled: 1 }));
  });
});

describe('events again', () => {
  /** Brings events again, as a broker may at any time. */
  async function again(events: readonly Published['event'][]): Promise<void> {
    const { daprHttpPort } = await processOf('academy-payment');
    const publish = async (event: Published['event']): Promise<void> => {
      const response = await fetch(`http://127.0.0.1:${daprHttpPort}/v1.0/publish/academy-pubsub/academy`, {
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json' },
        body: JSON.stringify(event),
      });
      expect(response.status).toBe(204);
    };
    for (let at = 0; at < events.length; at += 20) await Promise.all(events.slice(at, at + 20).map(publish));
  }

  test('4, 6. given more registrations than a record remembers causes, when all their events come again, then nothing changes', async () => {
    const lecture = await open();
    const ids: number[] = [];
    while (ids.length < 130) ids.push(...(await Promise.all(Array.from({ length: 10 }, () => registered(lecture)))));
    await studentsAre(lecture, ids);
    const gone = ids.slice(0, 15);
    for (const id of gone) expect((await cancel(id)).status).toBe(204);
    await studentsAre(lecture, ids.slice(15));
    const before = await lectureRow(lecture);
    const old = topic.published.filter(
      ({ event }) => event.data.lectureId === lecture || ids.includes(event.data.courseId as number),
    );
    await again([...old].reverse().map(({ event }) => event));
    const last = await registered(lecture);
    await completes(last);
    await studentsAre(lecture, [...ids.slice(15), last]);
    for (const id of gone) await vanishes(id);
    expect(before).toMatchObject({ lectureStatus: '취소 완료', studentNumber: 115 });
  }, 90_000);

  test('4. given lecture is killed again and again, when students register and cancel, then it counts exactly who is registered', async () => {
    const lecture = await open();
    let over = false;
    const killing = (async () => {
      for (let turn = 0; !over; turn++) {
        await run('kill', 'academy-lecture', ...(turn % 3 === 2 ? ['--sidecar'] : []));
        await new Promise((resolve) => setTimeout(resolve, 700 + Math.random() * 800));
      }
    })();
    const stay: number[] = [];
    for (let round = 0; round < 10; round++) {
      const ids = await Promise.all(Array.from({ length: 10 }, () => registered(lecture)));
      for (const id of ids.slice(0, 3)) expect((await cancel(id)).status).toBe(204);
      stay.push(...ids.slice(3));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    over = true;
    await killing;
    await studentsAre(lecture, stay, 90_000);
    for (const id of stay) expect((await recordsOf(id)).registration).toMatchObject({ status: '결제 완료' });
  }, 240_000);
});
