import { cancel, whenever } from '../../kit/index.ts';
import { PayCanceled } from '../payment/contract.ts';
import { cancelContract, Proposal } from './domain.ts';

/**
 * Proposal does not follow PayApproved: docs/contracts/insurance.md#oddity-pay-approved
 * A cancellation that comes before its proposal waits for it and then ends the contract.
 */
export const policies = [whenever(PayCanceled, (payment) => cancel(Proposal, payment.prpsNo, cancelContract))];
