import type { Contract } from '../declared.ts';

export const contract: Contract = {
  about:
    'An insurer on the net: customers have premiums calculated, save plans, ask for a description of the product, apply and pay the first premium, and withdraw. Underwriting is checked where it counts; there is no contract without payment and no payment without contract; customers hear of every stage and see it on one page.',
  outlets: {},
  external: { alarm: 'messenger (KakaoTalk or similar), by the output binding notice' },
  elsewhere: {
    24: 'needs a cluster, where the rule is one of the mesh',
    25: 'needs a cluster; `npm run demo:k8s -- autoscale` shows it with lecture',
    26: 'needs a cluster; `npm run demo:k8s -- redeploy` shows it with lecture',
    27: 'needs a cluster; `npm run demo:k8s -- liveness` shows the HTTP probe with lecture',
    28: 'needs a cluster; `npm run demo:k8s -- liveness` shows a leak with lecture',
  },
};
