import { cancel, whenever } from '../../kit/index.ts';
import { ClassCanceled } from '../class/contract.ts';
import { cancelPayment, Payment } from './domain.ts';

/**
 * Cancels the payment of a cancelled enrolment. If that payment is not there yet, the cancellation waits in its place, and
 * refuses it when it comes: `POST /internal/payments` answers that it is not approved.
 */
const cancelledEnrolmentsAreNotPaid = whenever(ClassCanceled, (enrolment) =>
  cancel(Payment, enrolment.id, cancelPayment),
);

export const policies = [cancelledEnrolmentsAreNotPaid];
