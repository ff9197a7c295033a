import { cancel, whenever } from '../../kit/index.ts';
import { CourseCanceled } from '../registration/contract.ts';
import { cancelPayment, Payment } from './domain.ts';

export const policies = [
  // 결제취소
  whenever(CourseCanceled, (registration) => cancel(Payment, registration.id, cancelPayment)),
];
