import { cancel, whenever } from '../../kit/index.ts';
import { ProposalWithdrawn } from '../proposal/contract.ts';
import { cancelPayment, Payment } from './domain.ts';

export const policies = [whenever(ProposalWithdrawn, (proposal) => cancel(Payment, proposal.prpsNo, cancelPayment))];
