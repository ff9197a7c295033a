import type { Expected } from '../declared.ts';

export const expected: Expected = {
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
};
