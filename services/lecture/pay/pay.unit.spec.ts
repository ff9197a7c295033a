import { setImmediate as turn } from 'node:timers/promises';
import { type Given, given } from '../../kit/testing/index.ts';
import pay from './service.ts';

const request = { classId: 1, courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' };
const canceled = {
  type: 'ClassCanceled',
  data: { id: 1, courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'k' },
};

let app: Given;
beforeEach(async () => {
  app = await given('lecture-pay', pay, { configuration: { PAY_DELAY_MS: '400', PAY_FAILURE: 'none' } });
});
afterEach(() => app.close());

test('given pay is slow, when class stops waiting and tells that it gave up, then the payment is taken back', async () => {
  const patience = new AbortController();
  const asked = app.sidecar.toApp({
    method: 'POST',
    path: '/internal/payments',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal: patience.signal,
  });
  const refused = expect(asked).rejects.toThrow();
  // Until the body is read, and pay waits.
  for (let turns = 0; turns < 5; turns++) await turn();
  patience.abort();
  await refused;
  await app.eventually(() => expect(app.published('PaymentApproved')).toHaveLength(1));
  await app.publish(canceled);
  expect(await app.rows('/payments/search/findByClassId?classId=1')).toMatchObject([{ classId: 1, status: 'CANCEL' }]);
});

test('given pay is slow, when class tells that it gave up before the payment was made, then it is refused', async () => {
  const asked = app.request('POST', '/internal/payments', request);
  app.put(canceled);
  await app.backend.deliver('lecture-pay');
  expect((await asked).body).toEqual({ approved: false });
  await app.settle();
  expect(app.published('PaymentApproved')).toEqual([]);
});
