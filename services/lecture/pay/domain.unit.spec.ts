import { approvePayment, cancelPayment } from './domain.ts';

const request = { classId: 3, courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' };
const payment = approvePayment(request)(7).state!;

test('given an enrolment, when it is paid, then PaymentApproved is published', () => {
  expect(payment).toEqual({ id: 7, ...request, status: 'PAYMENT_COMPLETED' });
  expect(approvePayment(request)(7).events).toEqual([{ type: 'PaymentApproved', data: payment }]);
});

test('given a payment, when it is cancelled, then it stays as CANCEL and PaymentCanceled is published', () => {
  const canceled = { ...payment, status: 'CANCEL' };
  expect(cancelPayment(payment)).toEqual({ state: canceled, events: [{ type: 'PaymentCanceled', data: canceled }] });
});

test('given a cancelled payment, when it is cancelled again, then nothing is published', () => {
  expect(cancelPayment({ ...payment, status: 'CANCEL' })).toBeUndefined();
});
