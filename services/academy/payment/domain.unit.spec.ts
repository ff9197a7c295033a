import { cancelPayment, pay } from './domain.ts';

test('given a registration, when it is paid, then there is a payment with its number, and it is published', () => {
  const state = { id: 3, courseId: 5 };
  expect(pay(5)(3)).toEqual({ state, events: [{ type: 'PaymentCompleted', data: state }] });
});

test('given a payment, when it is cancelled, then it is gone, and it is published', () => {
  const payment = { id: 3, courseId: 5 };
  expect(cancelPayment(payment)).toEqual({ state: null, events: [{ type: 'PaymentCanceled', data: payment }] });
});
