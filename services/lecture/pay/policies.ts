import { cancel, whenever } from '../../kit/index.ts';
import { ClassCanceled } from '../class/contract.ts';
import { cancelPayment, Payment } from './domain.ts';

export const policies = [whenever(ClassCanceled, (enrolment) => cancel(Payment, enrolment.id, cancelPayment))];
