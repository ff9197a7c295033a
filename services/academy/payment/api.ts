import { Router } from 'express';
import {
  type Command,
  commandOf,
  jsonBody,
  type Kit,
  operation,
  parseBody,
  pause,
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
async function paid({ records, config, context }: Kit<Delays>, courseId: number, command: Command): Promise<Payment> {
  const { PAYMENT_DELAY_MS: least, PAYMENT_DELAY_SPREAD_MS: spread, ANSWER_DELAY_MS } = config();
  await pause(least + context.random() * spread);
  const made = await records.create(Payment, command, pay(courseId), { key: courseId });
  await pause(ANSWER_DELAY_MS);
  return made;
}

function payment(kit: Kit<Delays>): Router {
  const router = Router();
  router.post('/paymentSystems', ...jsonBody, async (request, response) => {
    const { courseId } = parseBody(PaymentBody, request);
    sendCreated(request, response, payments, await paid(kit, courseId, commandOf(request)));
  });
  return router;
}

/** The same for registration: a refusal is an outcome, since a 409 would count against payment in the breaker. */
const outcome = (kit: Kit<Delays>): Router =>
  operation('/internal/paymentSystems', PaymentBody, async ({ courseId }) => {
    try {
      await paid(kit, courseId, { cause: `pay-${courseId}` });
      return { paid: true };
    } catch (error) {
      if (error instanceof RuleViolation) return { paid: false };
      throw error;
    }
  });
