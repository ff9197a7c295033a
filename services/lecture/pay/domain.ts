import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import { PaymentApproved, PaymentCanceled, type PaymentRequest } from './contract.ts';

/** The payment of an enrolment: at most one for each. */
export interface Payment extends Identified, PaymentRequest {
  readonly status: 'PAYMENT_COMPLETED' | 'CANCEL';
}
export const Payment = aggregate<Payment>('Payment', { keyedBy: 'classId' });

/** Approves every payment. `cancelledEnrolmentsAreNotPaid` in policies.ts refuses that of an enrolment which was cancelled before it came. */
export const approvePayment =
  (request: PaymentRequest) =>
  (id: number): Decision<Payment> => {
    const payment: Payment = { id, ...request, status: 'PAYMENT_COMPLETED' };
    return decided(payment, PaymentApproved(payment));
  };

export const cancelPayment = (payment: Payment): Decision<Payment> | undefined => {
  if (payment.status === 'CANCEL') return undefined;
  const canceled: Payment = { ...payment, status: 'CANCEL' };
  return decided(canceled, PaymentCanceled(canceled));
};
