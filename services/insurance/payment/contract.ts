import { z } from 'zod';
import { event, integer, text } from '../../kit/domain/index.ts';
import { amount, customerNumber, eventFields, full, upTo, type Whole } from '../shared/values.ts';

export const accountFields = {
  actDcd: upTo(2),
  fininCd: upTo(3),
  fininNm: upTo(50),
  actNo: upTo(50),
  achdNm: upTo(40),
};
const payer = { custNo: customerNumber, custNm: upTo(50) };

export interface PaymentRequest extends Whole<typeof accountFields>, Whole<typeof payer> {
  readonly prpsNo: string;
  readonly payAmt: number;
}
/** Body of POST /internal/payments, sent by proposal. The answer says whether the insurance contract may be concluded. */
export const PaymentRequest = full({ ...accountFields, ...payer }, { prpsNo: z.string().min(1), payAmt: amount });
export const PaymentOutcome = z.object({ approved: z.boolean() });

/** A payment as clients see it. */
export const PaymentBody = full(
  { ...accountFields, ...payer },
  {
    id: integer,
    prpsNo: z.string(),
    payAmt: amount,
    actStcd: z.literal('00'),
    answCd: z.literal('0000'),
    status: z.enum(['결재완료', '결재취소']),
    staVrfcDtm: z.string(),
    payDtm: z.string(),
  },
);

/** The one thing that clients may do with a payment. */
export const CancelBody = z.object({
  status: z.literal('결재취소', 'can only become 결재취소; send {"status":"결재취소"}'),
});

/** POST /payments/chkPayment: what became of the payment of a proposal. */
export const CheckRequest = z.object({ prpsNo: z.string({ error: 'must be a text' }) });
export const CheckOutcome = z.object({ data: z.object({ status: z.string() }).nullable() });

const { actDcd: _, ...shownAccount } = accountFields;
export const PayApproved = event(
  'PayApproved',
  eventFields(
    { ...payer, ...shownAccount },
    { prpsNo: text, payAmt: amount, payDtm: text, status: z.literal('결재승인') },
  ),
);
export const PayCanceled = event(
  'PayCanceled',
  eventFields(payer, { prpsNo: text, payAmt: amount, status: z.literal('결재취소') }),
);
