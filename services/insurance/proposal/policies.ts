import { cancel, whenever } from '../../kit/index.ts';
import { PayCanceled } from '../payment/contract.ts';
import { cancelContract, Proposal } from './domain.ts';

/**
 * PayApproved is not followed: what it says is known when payment answers, before there is a proposal.
 * A cancellation that overtakes its proposal waits in its place, and the proposal is refused: nothing is paid any more.
 */
export const policies = [whenever(PayCanceled, (payment) => cancel(Proposal, payment.prpsNo, cancelContract))];
