import { Router } from 'express';
import {
  commandOf,
  jsonBody,
  type Kit,
  parseBody,
  readable,
  readableView,
  sendCreated,
  writable,
} from '../../kit/index.ts';
import { PaymentOutcome } from '../pay/contract.ts';
import { EnrolmentBody } from './contract.ts';
import { cancelEnrolment, changeEnrolment, Enrolment, enrol } from './domain.ts';
import { myPage } from './views.ts';

const classes = { kind: Enrolment, path: 'classes', item: 'class' };

export const api = (kit: Kit): Router[] => [
  readable(kit.records, classes),
  writable(kit.records, classes, { body: EnrolmentBody, change: changeEnrolment, remove: cancelEnrolment }),
  readableView(kit.records, myPage, 'inquiryMypages', 'inquiryMypage', true),
  enrolment(kit),
];

/** No enrolment without payment, and no payment without enrolment. */
function enrolment({ records, sidecar }: Kit): Router {
  const router = Router();
  router.post('/classes', ...jsonBody, async (request, response) => {
    const wish = parseBody(EnrolmentBody, request);
    const made = await records.createAfter(Enrolment, commandOf(request), async (id) => ({
      otherwise: cancelEnrolment({ id, ...wish }),
      ask: async () => {
        const asked = { classId: id, ...wish };
        return (await sidecar.call('lecture-pay', 'internal/payments', asked, PaymentOutcome)).approved;
      },
      decide: () => enrol(id, wish),
    }));
    sendCreated(request, response, classes, made);
  });
  return router;
}
