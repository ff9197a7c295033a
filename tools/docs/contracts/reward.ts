import type { Contract } from '../declared.ts';

export const contract: Contract = {
  about:
    'A promotion in a game: whoever achieves a mission gets a reward into the wallet and exchanges it there for a gift, which is settled. Missions and rewards are never held up by the gift side; the exchange itself is all or nothing, and gift takes one at a time.',
  outlets: {},
  external: { notification: 'messenger, by the output binding notice' },
  elsewhere: {
    25: 'needs a cluster: `kubectl get all`',
    26: 'needs a cluster; `npm run demo:k8s -- autoscale` shows it with lecture',
    27: 'needs a cluster; `npm run demo:k8s -- redeploy` shows it with lecture',
    28: 'needs a cluster; `npm run demo:k8s -- config` shows it with lecture',
    29: 'needs a cluster; `npm run demo:k8s -- volume` shows it with lecture',
    30: 'needs a cluster; `npm run demo:k8s -- liveness` shows it with lecture',
    32: 'needs a cluster with a mesh',
  },
};
