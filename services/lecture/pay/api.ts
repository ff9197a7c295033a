import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import {
  byId,
  byKey,
  type Clock,
  commandOf,
  idOf,
  ifMatch,
  jsonBody,
  type Kit,
  type Outcome,
  operation,
  Problem,
  parseBody,
  pause,
  RuleViolation,
  readable,
  requestSignal,
  sendItem,
} from '../../kit/index.ts';
import type { Trouble } from './app.ts';
import { PaymentWish } from './contract.ts';
import { approvePayment, cancelPayment, Payment } from './domain.ts';

const HANG_MS = 60_000;
const payments = { kind: Payment, path: 'payments', item: 'payment' };

const CancelBody = z.object({ status: z.literal('CANCEL', 'can only become CANCEL; send {"status":"CANCEL"}') });

export const api = (kit: Kit<Trouble>): Router[] => [
  readable(kit.records, payments),
  succeedPayment(kit),
  cancellation(kit),
];

/** Asked by class, once or several times for one enrolment. */
const succeedPayment = ({ records, config, context }: Kit<Trouble>): Router =>
  operation('/internal/payments', PaymentWish, async (wish) => {
    await trouble(config(), context.clock);
    try {
      const payment = await records.create(Payment, { cause: `pay-${wish.classId}` }, approvePayment(wish), {
        key: wish.classId,
      });
      return { approved: payment.status === 'PAYMENT_COMPLETED' };
    } catch (error) {
      if (error instanceof RuleViolation) return { approved: false };
      throw error;
    }
  });

/** What the operations chapter needs: pay slow, failing, hanging or crashing, by configuration. */
async function trouble({ PAY_DELAY_MS, PAY_FAILURE }: Trouble, clock: Clock): Promise<void> {
  // A payment provider does not notice that nobody waits for it any more: payments that come too late happen, and are taken back.
  await clock.sleep(PAY_DELAY_MS);
  if (PAY_FAILURE === 'error') throw new Problem(500, 'Internal Server Error', 'pay fails because PAY_FAILURE says so');
  if (PAY_FAILURE === 'hang') await gone();
  if (PAY_FAILURE === 'crash') process.kill(process.pid, 'SIGKILL');
}

/** Until nobody waits for the answer any more. */
const gone = async (): Promise<void> => {
  while (!requestSignal()?.aborted) await pause(HANG_MS);
};

/** Cancelling the payment alone: by enrolment, or by changing the status of the payment. */
function cancellation({ records }: Kit<Trouble>): Router {
  const router = Router();
  const answer = (request: Request, response: Response, changed: Outcome<Payment>): void => {
    if (!changed.state) throw new Problem(404, 'Not Found', `There is no payment at ${request.path}.`);
    sendItem(request, response, payments, changed.state);
  };
  for (const verb of ['patch', 'put'] as const)
    router[verb]('/payment/cancel/:id', async (request, response) => {
      const decide = ifMatch(request, payments, cancelPayment);
      answer(request, response, await records.change(byKey(Payment, idOf(request)), commandOf(request), decide));
    });
  router.patch('/payments/:id', ...jsonBody, async (request, response) => {
    parseBody(CancelBody, request);
    const decide = ifMatch(request, payments, cancelPayment);
    answer(request, response, await records.change(byId(Payment, idOf(request)), commandOf(request), decide));
  });
  return router;
}
