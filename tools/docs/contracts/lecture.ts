import type { Contract } from '../declared.ts';
import { noticed } from '../notices.ts';

export const contract: Contract = {
  about:
    'Online lectures: teachers offer courses; students enrol, pay, get the textbook delivered, earn points and gifts, and see it all on one page. No enrolment without payment; everything else follows by events, and is taken back by events when the student cancels.',
  events: [
    'class ClassCanceled',
    'class ClassModified',
    'class ClassRegistered',
    'course CourseDeleted',
    'course CourseModified',
    'course CourseRegistered',
    'course TextbookDeliveried',
    'gift GiftCanceled',
    'gift GiftRegistered',
    'pay PaymentApproved',
    'pay PaymentCanceled',
    'point PointCanceled',
    'point PointRegistered',
  ],
  outlets: Object.fromEntries((await noticed()).map((type) => [type, 'alert (Python) sends a notice'])),
  scenarios: 39,
  elsewhere: {
    29: 'needs a cluster: `npm run demo:k8s -- autoscale`',
    30: 'needs a cluster: `npm run demo:k8s -- redeploy`, its control run',
    31: 'needs a cluster: `npm run demo:k8s -- redeploy`',
    34: 'needs a cluster with a mesh; the trace itself is in `trace.spec.ts`',
    36: 'needs a cluster: `helm install` and `helm test`',
    38: 'needs a cluster: `npm run demo:k8s -- liveness`',
  },
};
