import request from 'supertest';
import { type Beside, beside } from '../../../tests/harness/beside.ts';
import { eventually } from '../../../tests/harness/system.ts';
import enrolments from './service.ts';

let service: Beside;
beforeAll(async () => {
  service = await beside('lecture-class', enrolments);
}, 120_000);
afterAll(() => service.close(), 60_000);

const fields = { courseId: '1', fee: '10000', student: 'john-doe', textBook: 'kor_book' };
const payment = (classId: number) => ({
  id: classId + 1_000,
  classId,
  courseId: 1,
  fee: 10_000,
  student: 'john-doe',
  textBook: 'kor_book',
  status: 'PAYMENT_COMPLETED',
});
const rows = async (query: string): Promise<object[]> =>
  (await request(service.app).get(`/inquiryMypages/search/${query}`).expect(200)).body._embedded.inquiryMypages;

test('given pay is not there, when a student enrols, then it is refused with when to come back, and nothing is left', async () => {
  const { body, headers } = await request(service.app).post('/classes').send(fields).expect(503);
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  expect(body).toMatchObject({ title: 'Service Unavailable', status: 503 });
  expect((await request(service.app).get('/classes').expect(200)).body._embedded.classes).toEqual([]);
});

test('given bad input, when a student enrols, then every wrong field is named', async () => {
  const bad = { courseId: 'one', fee: 1.5, student: '', colour: 'red' };
  const { body } = await request(service.app).post('/classes').send(bad).expect(400);
  expect(body.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
    'colour',
    'courseId',
    'fee',
    'student',
    'textBook',
  ]);
});

test('given what follows a payment, when it overtakes the payment, then the row appears complete', async () => {
  const id = Date.now(); // an enrolment that no other run knows of
  await service.publish({ type: 'PointRegistered', data: { id: 1, classId: id, student: 'john-doe', point: 100 } });
  await service.publish({
    type: 'ClassModified',
    data: { id, courseId: 2, fee: 8_000, student: 'jane-doe' },
    version: 2,
  });
  await service.publish({ type: 'PaymentApproved', data: payment(id) });
  await eventually(async () =>
    expect(await rows(`findByClassId?classId=${id}`)).toMatchObject([
      { courseId: 2, fee: 8_000, student: 'jane-doe', pointStatus: 'Point Added', deliveryStatus: null },
    ]),
  );
  expect(await rows(`findByPaymentId?paymentId=${id + 1_000}`)).toHaveLength(1);
});
