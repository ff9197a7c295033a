import { aggregate, type Decision, decided, ended, type Identified } from '../../kit/domain/index.ts';
import { PaymentCanceled, PaymentCompleted } from './contract.ts';

/** The payment of a registration: at most one for each. If it exists, the registration is paid. If it is gone, it was cancelled and is never paid again. */
export interface Payment extends Identified {
  readonly courseId: number;
}
export const Payment = aggregate<Payment>('PaymentSystem', { keyedBy: 'courseId' });

export const pay =
  (courseId: number) =>
  (id: number): Decision<Payment> =>
    decided({ id, courseId }, PaymentCompleted({ id, courseId }));

export const cancelPayment = ({ id, courseId }: Payment): Decision<Payment> => ended(PaymentCanceled({ id, courseId }));
