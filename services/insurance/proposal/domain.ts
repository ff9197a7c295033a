import { aggregate, type Decision, decided, ended, type Identified, RuleViolation } from '../../kit/domain/index.ts';
import type { PaymentRequest } from '../payment/contract.ts';
import {
  accountOf,
  type ProposalBody,
  ProposalSaved,
  ProposalWithdrawn,
  type RequestFields,
  wholeRequest,
} from './contract.ts';

/** An application for insurance and the contract it became: there is none without its first premium paid. */
export interface Proposal extends Identified, RequestFields {
  readonly prpsNo: string;
  readonly prpsStcd: '10' | '90';
  readonly prpsStnm: '청약' | '청약철회';
  readonly contStcd: '30' | '40';
  readonly contStnm: '초회납입' | '결재취소';
  /** The day the first premium came in. */
  readonly dpsDt: string;
}
export const Proposal = aggregate<Proposal>('Proposal', { keyedBy: 'prpsNo', listBy: ['custNo'] });

/** The amount that the client names. Undefined means the product's premium. */
export const amountOf = ({ payAmt, sprm }: ProposalBody): number | undefined => payAmt ?? sprm ?? undefined;

export const paymentFor = (prpsNo: string, payAmt: number, request: ProposalBody): PaymentRequest => {
  if (payAmt === 0) throw new RuleViolation('the first premium must be more than 0');
  const { custNo, custNm } = wholeRequest(request);
  return { prpsNo, custNo, custNm, ...accountOf(request), payAmt };
};

/** Concludes the contract. Its first premium must be paid. */
export const conclude =
  (prpsNo: string, payAmt: number, body: ProposalBody, today: string) =>
  (id: number): Decision<Proposal> => {
    const fields = wholeRequest(body);
    const applied = { prpsStcd: '10', prpsStnm: '청약', contStcd: '30', contStnm: '초회납입' } as const;
    const proposal = { id, prpsNo, ...fields, rlpmPrm: fields.rlpmPrm ?? payAmt, ...applied, dpsDt: today };
    return decided(proposal, ProposalSaved(proposal));
  };

const WITHDRAWN = { prpsStcd: '90', prpsStnm: '청약철회' } as const;

/** Ends a proposal that was not concluded, so that payment cancels what may have been paid for it. */
export const giveUp = (prpsNo: string, request: ProposalBody): Decision<Proposal> =>
  ended(ProposalWithdrawn({ prpsNo, ...wholeRequest(request), ...WITHDRAWN }));

/** Withdraws. ProposalWithdrawn has payment cancel the payment. */
export const withdraw = (proposal: Proposal): Decision<Proposal> | undefined => {
  if (proposal.prpsStcd === WITHDRAWN.prpsStcd) return undefined;
  const withdrawn = { ...proposal, ...WITHDRAWN };
  return decided(withdrawn, ProposalWithdrawn(withdrawn));
};

/** The payment was cancelled: the contract ends, the proposal keeps its state (docs/contracts/insurance.md#saga-g). */
export const cancelContract = (proposal: Proposal): Decision<Proposal> =>
  decided({ ...proposal, contStcd: '40', contStnm: '결재취소' });
