import { approvePayment, cancelPayment } from './domain.ts';

const wish = { classId: 3, courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' };
const payment = approvePayment(wish)(7).state!;

test('given an enrolment, when it is paid, then PaymentApproved tells the payment', () => {
  expect(payment).toEqual({ id: 7, ...wish, status: 'PAYMENT_COMPLETED' });
  expect(approvePayment(wish)(7).events).toEqual([{ type: 'PaymentApproved', data: payment }]);
});

test('given a payment, when it is cancelled, then it stays as CANCEL and PaymentCanceled tells it', () => {
  const canceled = { ...payment, status: 'CANCEL' };
  expect(cancelPayment(payment)).toEqual({ state: canceled, events: [{ type: 'PaymentCanceled', data: canceled }] });
});

test('given a cancelled payment, when it is cancelled again, then nothing is told', () => {
  expect(cancelPayment({ ...payment, status: 'CANCEL' })).toBeUndefined();
});
