import { change, type Kit, type Policy, whenever } from '../../kit/index.ts';
import { stamp } from '../numbers.ts';
import { PrductDesdCreated } from '../product/contract.ts';
import { learnDescription, Plan } from './domain.ts';

export const policies = ({ records }: Kit): Policy[] => [
  whenever(PrductDesdCreated, async ({ ppsdsnNo, timestamp = stamp() }) => {
    // A document issued by hand may be for no plan at all; waiting for one could last for ever.
    const [plan] = ppsdsnNo ? await records.findBy(Plan, 'ppsdsnNo', ppsdsnNo) : [];
    return plan ? [change(Plan, plan.ppsdsnNo, learnDescription(timestamp.slice(0, 8)))] : [];
  }),
];
