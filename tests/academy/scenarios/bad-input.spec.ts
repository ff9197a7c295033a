import { randomUUID } from 'node:crypto';
import { expectProblem } from '../../harness/client.ts';
import { eventually } from '../../harness/system.ts';
import { call, cancel, completes, get, open, register, registered, studentsAre, vanishes } from '../client.ts';

describe('what cannot be meant is refused by name', () => {
  test.each([
    ['/courseRegistrationSystems', {}, 'lectureId'],
    ['/courseRegistrationSystem', {}, 'lectureId'],
    ['/courseRegistrationSystems', { lectureId: 0 }, 'lectureId'],
    ['/courseRegistrationSystems', { lectureId: -1 }, 'lectureId'],
    ['/courseRegistrationSystems', { lectureId: 1.5 }, 'lectureId'],
    ['/courseRegistrationSystems', { lectureId: '1e3' }, 'lectureId'],
    ['/courseRegistrationSystems', { lectureId: 1e300 }, 'lectureId'],
    ['/courseRegistrationSystems', { lectureId: null }, 'lectureId'],
    ['/courseRegistrationSystems', { lectureId: '99999999999999999999' }, 'lectureId'],
    ['/courseRegistrationSystems', { lectureId: 1, studentId: 'me' }, 'studentId'],
    ['/paymentSystems', {}, 'courseId'],
    ['/paymentSystems', { courseId: 0 }, 'courseId'],
    ['/paymentSystems', { courseId: -5 }, 'courseId'],
    ['/paymentSystems', { courseId: [1] }, 'courseId'],
    ['/lectureSystems', {}, 'lectureName'],
    ['/lectureSystems', { lectureName: '' }, 'lectureName'],
    ['/lectureSystems', { lectureName: '  ' }, 'lectureName'],
    ['/lectureSystems', { lectureName: 7 }, 'lectureName'],
    ['/lectureSystems', { lectureName: 'x'.repeat(1_001) }, 'lectureName'],
  ])('1. given a request, when %s gets %j, then 400 names the field', async (path, body, field) => {
    expectProblem(await call('POST', path, body), 400, field);
  });

  test.each(['/courseRegistrationSystems', '/paymentSystems', '/lectureSystems'])(
    '1. given bodies that are none, when %s gets them, then 4xx',
    async (path) => {
      for (const body of ['{', '[]', '"text"', 'null', '']) expectProblem(await call('POST', path, body), 400);
      expectProblem(await call('POST', path, { lectureName: 'x'.repeat(300_000) }), 413);
      expectProblem(await call('POST', path, 'lectureId=1', { 'content-type': 'text/plain' }), 415);
    },
  );

  test('7. given a lecture, when its name is taken away, then 400', async () => {
    const id = await open('stays');
    expectProblem(await call('PATCH', `/lectureSystems/${id}`, { lectureName: '' }), 400, 'lectureName');
    expectProblem(await call('PATCH', `/lectureSystems/${id}`, {}), 400, 'lectureName');
    expect((await get(`/lectureSystems/${id}`)).body.lectureName).toBe('stays');
  });
});

test.each([
  ['PUT', '/courseRegistrationSystems/1'],
  ['PATCH', '/courseRegistrationSystems/1'],
  ['PATCH', '/courseRegistrationSystem/1'],
  ['PUT', '/paymentSystems/1'],
  ['PATCH', '/paymentSystems/1'],
  ['PUT', '/lectureSystems/1'],
  ['POST', '/lectureSystems/1/registrations'],
  ['POST', '/courseRegistrationStatuses'],
  ['DELETE', '/courseRegistrationStatuses/1'],
  ['POST', '/lectureStatuses'],
  ['DELETE', '/lectureStatuses/1'],
])('10. given what clients may not do, when they try %s %s, then 405', async (method, path) => {
  expectProblem(await call(method, path, { lectureId: 1 }), 405);
});

test('5. given no such record, when it is read, changed or cancelled, then 404', async () => {
  const unknown = ['999999999', '0', '-1', 'abc', '1.5', '99999999999999999999'];
  for (const path of ['courseRegistrationSystems', 'paymentSystems', 'lectureSystems'])
    for (const id of unknown) {
      expectProblem(await get(`/${path}/${id}`), 404);
      expectProblem(await call('DELETE', `/${path}/${id}`), 404);
    }
  for (const path of ['courseRegistrationStatuses', 'lectureStatuses'])
    expectProblem(await get(`/${path}/999999999`), 404);
  expectProblem(await call('PATCH', '/lectureSystems/999999999', { lectureName: 'x' }), 404);
  expectProblem(await get('/lectureSystems/999999999/registrations'), 404);
  for (const path of ['internal/paymentSystems', 'deadletters', 'events'])
    expectProblem(await call('POST', `/${path}`, { courseId: 1 }), 404);
});

test('1. given fields that only the service sets, when a client sends them or unknown ones, then they are ignored', async () => {
  const answer = await register(1, { status: '결제 완료', colour: 'red', studentId: '8' });
  expect(answer).toMatchObject({ status: 201, body: { studentId: 8, status: '수강신청중' } });
  expect(answer.body).not.toHaveProperty('colour');
  const lecture = await call('POST', '/lectureSystems', { lectureName: 'x', studentNumber: 99, canceled: true });
  expect(lecture).toMatchObject({ status: 201, body: { studentNumber: 0 } });
  const id = lecture.body.id;
  const renamed = await call('PATCH', `/lectureSystems/${id}`, { lectureName: 'y', studentNumber: 99 });
  expect(renamed).toMatchObject({ status: 200, body: { lectureName: 'y', studentNumber: 0 } });
});

test('1. given an Idempotency-Key, when a registration is repeated and repeated at once, then there is one, paid once', async () => {
  const lecture = await open();
  const key = { 'idempotency-key': randomUUID() };
  const once = () => call('POST', '/courseRegistrationSystems', { lectureId: lecture }, key);
  const answers = await Promise.all(Array.from({ length: 6 }, once));
  answers.push(await once());
  expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
  const id = answers[0]?.body.id as number;
  await completes(id);
  await studentsAre(lecture, [id]);
  expectProblem(await call('POST', '/courseRegistrationSystems', { lectureId: lecture + 1 }, key), 422);
});

test('1. given a student who registers twice for one lecture, when both are paid, then both count', async () => {
  const lecture = await open();
  const ids = [await registered(lecture), await registered(lecture)];
  await studentsAre(lecture, ids);
});

test('5. given a registration, when many cancel it at the same time, then one does, and nothing is left', async () => {
  const lecture = await open();
  const id = await registered(lecture);
  await completes(id);
  const answers = await Promise.all(Array.from({ length: 8 }, () => cancel(id)));
  expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array.from({ length: 7 }, () => 404)]);
  await vanishes(id);
  await studentsAre(lecture, []);
});

test('8. given a lecture, when many cancel it at the same time, then one does', async () => {
  const lecture = await open();
  const answers = await Promise.all(Array.from({ length: 8 }, () => call('DELETE', `/lectureSystems/${lecture}`)));
  expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array.from({ length: 7 }, () => 404)]);
});

test('12. given a number whose payment was cancelled before it was given, when a student gets it, then 409 and nothing is left', async () => {
  const last = await registered(1);
  const numbers = Array.from({ length: 10 }, (_, index) => last + 1 + index);
  for (const courseId of numbers) {
    const payment = await call('POST', '/paymentSystems', { courseId });
    expect((await call('DELETE', `/paymentSystems/${payment.body.id}`)).status).toBe(204);
  }
  const answer = await register(1);
  expectProblem(answer, 409);
  for (const id of numbers) await vanishes(id);
  // Whoever gets the next number that is free is not kept out by it.
  const next = await eventually(() => registered(1));
  await completes(next);
});

test('10. given a search, when it does not say for what, then 400 names the field', async () => {
  for (const [path, field] of [
    ['/courseRegistrationStatuses/search/findByCourseStatus', 'courseStatus'],
    ['/courseRegistrationStatuses/search/findByStudentId', 'studentId'],
    ['/courseRegistrationStatuses/search/findByCourseId', 'courseId'],
    ['/lectureStatuses/search/findByLectureId', 'lectureId'],
  ] as const)
    expectProblem(await get(path), 400, field);
});
