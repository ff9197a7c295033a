import type { Contract } from '../declared.ts';
import { noticed } from '../notices.ts';

export const contract: Contract = {
  about:
    'Online lectures: teachers offer courses; students enrol, pay, get the textbook delivered, earn points and gifts, and see it all on one page. No enrolment without payment; everything else follows by events, and is taken back by events when the student cancels.',
  outlets: Object.fromEntries((await noticed()).map((type) => [type, 'alert (Python) sends a notice'])),
  external: { alert: 'messenger, by the output binding notice' },
  elsewhere: {
    29: 'needs a cluster: `npm run demo:k8s -- autoscale`',
    30: 'needs a cluster: `npm run demo:k8s -- redeploy`, its control run',
    31: 'needs a cluster: `npm run demo:k8s -- redeploy`',
    34: 'needs a cluster with a mesh; the trace itself is in `trace.spec.ts`',
    36: 'needs a cluster: `helm install` and `helm test`',
    38: 'needs a cluster: `npm run demo:k8s -- liveness`',
  },
};
