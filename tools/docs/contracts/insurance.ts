import type { Contract } from '../declared.ts';

export const contract: Contract = {
  about:
    'An insurer on the net: customers have premiums calculated, save plans, ask for a description of the product, apply and pay the first premium, and withdraw. Underwriting is checked where it counts; there is no contract without payment and no payment without contract; customers hear of every stage and see it on one page.',
  events: [
    'payment PayApproved',
    'payment PayCanceled',
    'plan PlanSaved',
    'plan ProductDesdRequested',
    'plan premiumCaculated',
    'product PrductDesdCreated',
    'proposal ProposalSaved',
    'proposal ProposalWithdrawn',
  ],
  outlets: {},
  scenarios: 34,
  elsewhere: {
    24: 'needs a cluster, where the rule is one of the mesh',
    25: 'needs a cluster',
    26: 'needs a cluster',
    27: 'needs a cluster',
    28: 'needs a cluster',
  },
};
