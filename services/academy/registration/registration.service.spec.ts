import request from 'supertest';
import { type Beside, beside } from '../../../tests/harness/beside.ts';
import { eventually } from '../../../tests/harness/system.ts';
import registration from './service.ts';

let service: Beside;
beforeAll(async () => {
  service = await beside('academy-registration', registration);
}, 120_000);
afterAll(() => service.close(), 60_000);

const listed = async (path: string): Promise<object[]> =>
  (await request(service.app).get(path).expect(200)).body._embedded.courseRegistrationSystems;

test.each(['/courseRegistrationSystems', '/courseRegistrationSystem'])(
  'given payment is not there, when a student registers at %s, then 503 says when to come back, and nothing is left',
  async (path) => {
    const { body, headers } = await request(service.app).post(path).send({ lectureId: '1' }).expect(503);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(body).toMatchObject({ status: 503, detail: expect.stringMatching(/pay a little later/) });
    expect(await listed(path)).toEqual([]);
  },
);

test('given a lecture that is cancelled, when a student registers, then 409 before payment is asked', async () => {
  await service.publish({ type: 'OpenedCanceled', data: { id: 77, lectureName: 'korean', studentNumber: 0 } });
  await eventually(() => request(service.app).post('/courseRegistrationSystems').send({ lectureId: 77 }).expect(409));
});

test('given payments of registrations nobody knows, when they are published, then they hold up nobody, and are no dead letters', async () => {
  const before = (await request(service.app).get('/deadletters')).body._embedded.deadletters.length;
  for (const type of ['PaymentCompleted', 'PaymentCanceled'])
    await service.publish({ type, data: { id: 1, courseId: 987_654_321 } });
  await service.publish({ type: 'OpenedCanceled', data: { id: 78, lectureName: 'korean', studentNumber: 0 } });
  await eventually(() => request(service.app).post('/courseRegistrationSystems').send({ lectureId: 78 }).expect(409));
  expect((await request(service.app).get('/deadletters')).body._embedded.deadletters).toHaveLength(before);
});

test('given bad input, when a student registers, then every wrong field is named, and what is unknown is ignored', async () => {
  const bad = { lectureId: 'one', studentId: 1.5, colour: 'red' };
  const { body } = await request(service.app).post('/courseRegistrationSystems').send(bad).expect(400);
  expect(body.errors.map(({ field }: { field: string }) => field).sort()).toEqual(['lectureId', 'studentId']);
});

test('given a registration, when a client tries to change it, then 405 names what is allowed', async () => {
  const { headers } = await request(service.app)
    .patch('/courseRegistrationSystems/1')
    .send({ status: 'x' })
    .expect(405);
  expect(headers.allow).toMatch(/GET/);
  expect(headers.allow).toMatch(/DELETE/);
});
