import { z } from 'zod';
import { event, integer, text } from '../../kit/domain/index.ts';
import { accountFields } from '../payment/contract.ts';
import {
  amount,
  bodyOf,
  customerNumber,
  day,
  eventFields,
  full,
  productCode,
  upTo,
  type Whole,
  whole,
} from '../shared/values.ts';

const requestFields = {
  prpsDt: day,
  prdcd: productCode,
  prdnm: upTo(100),
  custNo: customerNumber,
  custNm: upTo(50),
  contNo: upTo(13),
  contDt: day,
  pmMcd: upTo(2),
  pmCylCd: upTo(2),
  sprm: amount,
  entAmt: amount,
  rlpmPrm: amount,
  ppsdsnNo: upTo(15),
  prpsdIsueDt: day,
  slctPlnrEno: upTo(10),
  slctPlnrNm: upTo(50),
  slctDofOrgNo: upTo(6),
  slctDofOrgNm: upTo(50),
};
export type RequestFields = Whole<typeof requestFields>;
export const wholeRequest = (request: ProposalBody): RequestFields => whole(requestFields, request);

const paymentFields = { ...accountFields, payAmt: amount };
export const accountOf = (body: ProposalBody): Whole<typeof accountFields> => whole(accountFields, body);

/** The plan it comes from is not checked; account and amount go to payment and are not kept. */
export const ProposalBody = bodyOf({ ...requestFields, ...paymentFields }, {}, [
  ...['prpsNo', 'prpsStcd', 'prpsStnm', 'contStcd', 'contStnm', 'dpsDt'],
]);
export type ProposalBody = Partial<RequestFields & Whole<typeof paymentFields>>;

/** The one thing that can be done to a proposal. */
export const WithdrawalBody = z.object({ prpsStnm: z.literal('청약철회', 'can only become 청약철회') });

const state = { prpsStcd: z.enum(['10', '90']), prpsStnm: z.enum(['청약', '청약철회']) };
const contract = { contStcd: z.enum(['30', '40']), contStnm: z.enum(['초회납입', '결재취소']) };
/** A proposal as clients see it. */
export const ProposalAnswer = full(requestFields, {
  id: integer,
  prpsNo: z.string(),
  ...state,
  ...contract,
  dpsDt: z.string(),
});

/** Made, with the first premium already paid. */
export const ProposalSaved = event(
  'ProposalSaved',
  eventFields(requestFields, { prpsNo: text, ...state, ...contract, dpsDt: text }),
);
const { ppsdsnNo, custNo, custNm, prdcd, prdnm } = requestFields;
export const ProposalWithdrawn = event(
  'ProposalWithdrawn',
  eventFields(
    { ppsdsnNo, custNo, custNm, prdcd, prdnm },
    { prpsNo: text, prpsStcd: z.literal('90'), prpsStnm: z.literal('청약철회') },
  ),
);
