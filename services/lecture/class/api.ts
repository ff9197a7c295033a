import { Router } from 'express';
import { Refusal } from '../../kit/domain.ts';
import type { Command } from '../../kit/records.ts';
import { bodyOf, commandOf, jsonBody, readable, readableView, sendCreated, writable } from '../../kit/rest.ts';
import type { Kit } from '../../kit/service.ts';
import { CalleeUnavailable } from '../../kit/sidecar.ts';
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

/** No enrolment without payment: pay is asked first, and whatever happens then, no payment stays without its enrolment. */
function enrolment({ records, sidecar }: Kit): Router {
  const router = Router();
  const enrolOnce = async (command: Command, wish: EnrolmentBody): Promise<Enrolment | undefined> => {
    const id = await records.claimId(Enrolment, command);
    const done = command.fingerprint && (await records.get(Enrolment, id));
    if (done) return done;
    const payment = await records.intend(Enrolment, id, cancelEnrolment({ id, ...wish }));
    try {
      const { approved } = PaymentOutcome.parse(
        await sidecar.call('lecture-pay', 'internal/payments', { classId: id, ...wish }),
      );
      if (!approved) {
        await payment.abandon();
        return undefined;
      }
      const created = await records.create(Enrolment, command, () => enrol(id, wish), { id });
      payment.keep();
      return created;
    } catch (error) {
      if (error instanceof CalleeUnavailable && !error.reached) payment.keep();
      else await payment.abandon();
      throw error;
    }
  };
  router.post('/classes', ...jsonBody, async (request, response) => {
    const wish = bodyOf(EnrolmentBody, request) as EnrolmentBody;
    const command = commandOf(request);
    // Pay refuses an enrolment that is cancelled: then an earlier try under this Idempotency-Key was undone meanwhile, and
    // this one starts afresh, with a number of its own.
    const made = (await enrolOnce(command, wish)) ?? (await enrolOnce(command, wish));
    if (!made) throw new Refusal('an earlier request with this Idempotency-Key was undone; use a new one', 409);
    sendCreated(request, response, classes, made);
  });
  return router;
}
