import { cancel, create, whenever } from '../../kit/index.ts';
import { PaymentApproved, PaymentCanceled } from '../pay/contract.ts';
import { cancelDelivery, Delivery, startDelivery } from './domain.ts';

export const policies = [
  whenever(PaymentApproved, (payment) => create(Delivery, payment.classId, startDelivery(payment))),
  whenever(PaymentCanceled, (payment) => cancel(Delivery, payment.classId, cancelDelivery)),
];
