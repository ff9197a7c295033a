import type { Contract } from '../declared.ts';

export const contract: Contract = {
  about:
    'An academy on the net: students register for lectures, pay, cancel and look up; instructors open and cancel lectures and see how many are registered. No registration without payment; a lecture that is cancelled takes its registrations and their payments with it; the headcount is exact under load.',
  outlets: {},
  elsewhere: {
    23: '`npm run demo:breaker academy`',
    26: 'needs a cluster; `npm run demo:k8s -- autoscale` shows it with lecture',
    28: 'needs a cluster; `npm run demo:k8s -- redeploy` shows it with lecture',
    29: 'needs a cluster; the control run of `npm run demo:k8s -- redeploy` shows it with lecture',
    30: 'needs a cluster: `helm install` and `helm test`',
    32: 'needs a cluster; `npm run demo:k8s -- liveness` shows it with lecture',
    33: 'needs a cluster: NetworkPolicies of the chart',
    35: 'by construction: a consumer is a folder, a subscription and a store of its own',
    36: '`tests/contracts`: what a consumer relies on its publisher always sends',
    37: '`.dependency-cruiser.cjs`: the domain knows nothing of HTTP or Dapr',
  },
};
