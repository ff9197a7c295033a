import request from 'supertest';
import { type Beside, beside } from '../../../tests/harness/beside.ts';
import { eventually } from '../../../tests/harness/system.ts';
import course from './service.ts';

const korean = { name: 'korean', teacher: 'hong-gil-dong', fee: '10000', textBook: 'kor_book' };
let service: Beside;

beforeAll(async () => {
  service = await beside('lecture-course', course);
}, 120_000);
afterAll(() => service.close(), 60_000);

const register = async (): Promise<number> =>
  (await request(service.app).post('/courses').send(korean).expect(201)).body.id;
const payment = (classId: number) => ({
  id: 7,
  classId,
  courseId: 1,
  fee: 10_000,
  student: 'john-doe',
  textBook: 'kor_book',
});
const deliveries = async (classId: number): Promise<{ status: string }[]> =>
  (await request(service.app).get(`/deliveries/search/findByClassId?classId=${classId}`).expect(200)).body._embedded
    .deliveries;

test('given nothing, when a course is registered, then it can be read by its number and in the list', async () => {
  const outside = { 'x-public-base': 'http://gateway' };
  const { body, headers } = await request(service.app).post('/courses').set(outside).send(korean).expect(201);
  expect(body).toMatchObject({
    ...korean,
    fee: 10_000,
    _links: { self: { href: `http://gateway/courses/${body.id}` } },
  });
  expect(headers.location).toBe(body._links.self.href);
  await request(service.app).get(`/courses/${body.id}`).set(outside).expect(200, body);
  const list = await request(service.app).get('/courses?sort=id,desc').set(outside).expect(200);
  expect(list.body._embedded.courses[0]).toEqual(body);
});

test('given a course, when it is put, then the whole of it is replaced and a part is not enough', async () => {
  const id = await register();
  const { body } = await request(service.app).put(`/courses/${id}`).send({ fee: 1 }).expect(400);
  expect(body.errors.map(({ field }: { field: string }) => field).sort()).toEqual(['name', 'teacher', 'textBook']);
  await request(service.app)
    .put(`/courses/${id}`)
    .send({ ...korean, name: 'english' })
    .expect(200);
  expect((await request(service.app).get(`/courses/${id}`)).body.name).toBe('english');
});

test('given a course, when it is deleted twice, then it is gone and the second time unknown', async () => {
  const id = await register();
  await request(service.app).delete(`/courses/${id}`).expect(204);
  await request(service.app).delete(`/courses/${id}`).expect(404);
  await request(service.app).get(`/courses/${id}`).expect(404);
});

test('given an Idempotency-Key, when a deletion is repeated, then it answers as before', async () => {
  const id = await register();
  const remove = () => request(service.app).delete(`/courses/${id}`).set('idempotency-key', `delete-${id}`);
  await remove().expect(204);
  await remove().expect(204);
});

test('given an Idempotency-Key, when a creation is repeated at the same time, then there is one course', async () => {
  const create = () =>
    request(service.app).post('/courses').set('idempotency-key', `create-${Date.now()}`).send(korean);
  const key = `create-${Math.random()}`;
  const answers = await Promise.all(Array.from({ length: 8 }, () => create().set('idempotency-key', key).expect(201)));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
});

test('given a course, when many change it at the same time, then every change is made', async () => {
  const id = await register();
  const names = ['name', 'teacher', 'textBook'] as const;
  await Promise.all(
    names.map((field) =>
      request(service.app)
        .patch(`/courses/${id}`)
        .send({ [field]: 'new' })
        .expect(200),
    ),
  );
  expect((await request(service.app).get(`/courses/${id}`)).body).toMatchObject({
    name: 'new',
    teacher: 'new',
    textBook: 'new',
  });
});

test('given a payment event, when it comes twice, then there is one delivery', async () => {
  const event = { type: 'PaymentApproved', data: { ...payment(101), status: 'PAYMENT_COMPLETED' }, id: 'twice' };
  await service.publish(event);
  await service.publish(event);
  await service.publish({ type: 'PaymentApproved', data: { ...payment(102), status: 'PAYMENT_COMPLETED' } });
  await eventually(async () => expect(await deliveries(102)).toHaveLength(1));
  expect(await deliveries(101)).toMatchObject([{ status: 'DELIVERY_START' }]);
});

test('given a cancellation, when it overtakes the payment it is about, then the delivery ends cancelled', async () => {
  await service.publish({ type: 'PaymentCanceled', data: { ...payment(103), status: 'CANCEL' }, version: 2 });
  await service.publish({ type: 'PaymentApproved', data: { ...payment(103), status: 'PAYMENT_COMPLETED' } });
  await eventually(async () => expect(await deliveries(103)).toMatchObject([{ status: 'DELIVERY_CANCEL' }]));
});

test('given an event that lacks a field, when it comes, then it is kept as a dead letter with the reason, and can be replayed', async () => {
  const { student: _, ...broken } = payment(104);
  await service.publish({ type: 'PaymentApproved', data: { ...broken, status: 'PAYMENT_COMPLETED' } });
  const letter = await eventually(async () => {
    const { body } = await request(service.app).get('/deadletters?sort=id,desc').expect(200);
    const [found] = body._embedded.deadletters.filter(
      ({ event }: { event: { data: { classId: number } } }) => event.data.classId === 104,
    );
    expect(found).toMatchObject({ consumer: 'lecture-course', replayed: false });
    return found;
  });
  expect(letter.reason).toContain('student');
  await request(service.app).get(`/deadletters/${letter.id}`).expect(200);
});

test('given a wrong verb, when a delivery is written to, then the right ones are named', async () => {
  const { body, headers } = await request(service.app).put('/deliveries/1').send({}).expect(405);
  expect(headers.allow).toContain('GET');
  expect(body.title).toBe('Method Not Allowed');
});
