import { setTimeout as sleep } from 'node:timers/promises';
import { Router } from 'express';
import {
  bodyOf,
  jsonBody,
  type Kit,
  operation,
  RuleViolation,
  readable,
  sendCreated,
  writable,
} from '../../kit/index.ts';
import type { Delays } from './app.ts';
import { PaymentBody } from './contract.ts';
import { cancelPayment, Payment, pay } from './domain.ts';

const payments = { kind: Payment, path: 'paymentSystems', item: 'paymentSystem' };

export const api = (kit: Kit<Delays>): Router[] => [
  readable(kit.records, payments),
  writable(kit.records, payments, { body: PaymentBody, remove: cancelPayment }),
  payment(kit),
  outcome(kit),
];

/** Pays for a registration, once however often it is asked. @throws RuleViolation when its cancellation came first */
async function paid({ records, config }: Kit<Delays>, courseId: number): Promise<Payment> {
  const { PAYMENT_DELAY_MS: least, PAYMENT_DELAY_SPREAD_MS: spread, ANSWER_DELAY_MS } = config();
  if (least + spread > 0) await sleep(least + Math.random() * spread);
  const made = await records.create(Payment, { cause: `pay-${courseId}` }, pay(courseId), { key: courseId });
  if (ANSWER_DELAY_MS > 0) await sleep(ANSWER_DELAY_MS);
  return made;
}

function payment(kit: Kit<Delays>): Router {
  const router = Router();
  router.post('/paymentSystems', ...jsonBody, async (request, response) => {
    const { courseId } = bodyOf(PaymentBody, request) as PaymentBody;
    sendCreated(request, response, payments, await paid(kit, courseId));
  });
  return router;
}

/** The same for registration: a refusal is an outcome, since a 409 would count against payment in the breaker. */
const outcome = (kit: Kit<Delays>): Router =>
  operation('/internal/paymentSystems', PaymentBody, async ({ courseId }) => {
    try {
      await paid(kit, courseId);
      return { paid: true };
    } catch (error) {
      if (error instanceof RuleViolation) return { paid: false };
      throw error;
    }
  });
