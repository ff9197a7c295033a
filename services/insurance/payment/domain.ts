import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import { PayApproved, PayCanceled, type PaymentRequest } from './contract.ts';

/** The first premium of a proposal: at most one payment for each. */
export interface Payment extends Identified, PaymentRequest {
  readonly actStcd: '00';
  readonly answCd: '0000';
  readonly status: '결재완료' | '결재취소';
  readonly staVrfcDtm: string;
  readonly payDtm: string;
}
export const Payment = aggregate<Payment>('Payment', { keyedBy: 'prpsNo', listBy: ['custNo'] });

/** No bank is asked, so every payment is accepted. */
export const approvePayment =
  (request: PaymentRequest, now: string) =>
  (id: number): Decision<Payment> => {
    const codes = { actStcd: '00', answCd: '0000', status: '결재완료' } as const;
    const payment: Payment = { id, ...request, ...codes, staVrfcDtm: now, payDtm: now };
    return decided(payment, PayApproved({ ...payment, status: '결재승인' }));
  };

export const cancelPayment = (payment: Payment): Decision<Payment> | undefined => {
  if (payment.status === '결재취소') return undefined;
  const canceled = { ...payment, status: '결재취소' } as const;
  return decided(canceled, PayCanceled(canceled));
};
