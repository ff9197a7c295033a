import {
  answers,
  byKey,
  type Context,
  Problem,
  pause,
  RuleViolation,
  readable,
  requestSignal,
  routeFor,
} from '../../kit/index.ts';
import type { Config } from './config.ts';
import { CancelBody, PaymentBody, PaymentOutcome, PaymentRequest } from './contract.ts';
import { approvePayment, cancelPayment, Payment } from './domain.ts';

const HANG_MS = 60_000;
const payments = { kind: Payment, path: 'payments', item: 'payment', answer: PaymentBody };
const route = routeFor<Config>();

/** A student's own payments; cancelled by the number of the enrolment, they are his if that is. */
const own = { student: { own: 'student' } } as const;

const byEnrolment = {
  summary: 'Cancels the payment of an enrolment, and nothing else.',
  answer: answers.item(payments),
  access: { student: { own: 'student', of: '/classes/{id}' } },
} as const;

export const routes = [
  readable(payments, { access: own }),

  route.operation(
    '/internal/payments',
    {
      summary: 'Asked by class, once or several times for one enrolment.',
      message: PaymentRequest,
      answer: answers.json(PaymentOutcome),
    },
    async ({ records, config, context, body }) => {
      await fail(config, context);
      try {
        const { classId } = body;
        const payment = await records.create(Payment, { cause: `pay-${classId}` }, approvePayment(body), {
          key: classId,
        });
        return { approved: payment.status === 'PAYMENT_COMPLETED' };
      } catch (error) {
        if (error instanceof RuleViolation) return { approved: false };
        throw error;
      }
    },
  ),

  route.patch('/payment/cancel/:id', byEnrolment, (context) =>
    context.change(payments, cancelPayment, byKey(Payment, context.id)),
  ),
  route.put('/payment/cancel/:id', byEnrolment, (context) =>
    context.change(payments, cancelPayment, byKey(Payment, context.id)),
  ),
  route.patch(
    '/payments/:id',
    { summary: 'Cancels a payment, and nothing else.', body: CancelBody, answer: answers.item(payments), access: own },
    (context) => context.change(payments, cancelPayment),
  ),
];

/** Fails as the configuration says. */
async function fail({ PAY_DELAY_MS, PAY_FAILURE }: Config, { clock }: Context): Promise<void> {
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
