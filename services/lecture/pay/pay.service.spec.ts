import request from 'supertest';
import { type Beside, beside } from '../../../tests/harness/beside.ts';
import { eventually } from '../../../tests/harness/system.ts';
import pay from './service.ts';

let service: Beside;
beforeAll(async () => {
  service = await beside('lecture-pay', pay);
}, 120_000);
afterAll(() => service.close(), 60_000);

const fields = (classId: number) => ({ classId, courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' });
const ask = (classId: number) => request(service.app).post('/internal/payments').send(fields(classId)).expect(200);
const payments = async (classId: number): Promise<{ id: number; status: string }[]> =>
  (await request(service.app).get(`/payments/search/findByClassId?classId=${classId}`).expect(200)).body._embedded
    .payments;

test('given an enrolment, when class asks several times at once, then there is one payment', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask(201)));
  expect(answers.map(({ body }) => body)).toEqual(answers.map(() => ({ approved: true })));
  expect(await payments(201)).toMatchObject([{ ...fields(201), status: 'PAYMENT_COMPLETED' }]);
});

test('given an enrolment that was given up, when its payment is asked for afterwards, then it is refused', async () => {
  const { student, textBook, ...numbers } = fields(202);
  await service.publish({ type: 'ClassCanceled', data: { id: 202, ...numbers, student, textBook } });
  await eventually(async () => expect((await ask(202)).body).toEqual({ approved: false }));
  expect((await payments(202)).filter(({ status }) => status === 'PAYMENT_COMPLETED')).toEqual([]);
});

test('given a payment, when its enrolment is cancelled, then it stays as CANCEL', async () => {
  await ask(203);
  await service.publish({
    type: 'ClassCanceled',
    data: { id: 203, courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' },
  });
  await eventually(async () => expect(await payments(203)).toMatchObject([{ status: 'CANCEL' }]));
});

test('given a payment, when a client changes its status, then only CANCEL is taken', async () => {
  await ask(204);
  const [payment] = await payments(204);
  const patch = (body: object) => request(service.app).patch(`/payments/${payment?.id}`).send(body);
  expect((await patch({ status: 'PAYMENT_COMPLETED' }).expect(400)).body.errors[0].field).toBe('status');
  expect((await patch({ status: 'CANCEL' }).expect(200)).body.status).toBe('CANCEL');
  await request(service.app).patch('/payment/cancel/999999').expect(404);
});
