import {
  answers,
  type Command,
  pause,
  pauseBetween,
  type RouteContext,
  RuleViolation,
  readable,
  routeFor,
  writable,
} from '../../kit/index.ts';
import type { Config } from './config.ts';
import { PaymentAnswer, PaymentBody, PaymentOutcome } from './contract.ts';
import { cancelPayment, Payment, pay } from './domain.ts';

const payments = { kind: Payment, path: 'paymentSystems', item: 'paymentSystem', answer: PaymentAnswer };
const route = routeFor<Config>();

/** Pays for a registration, once however often it is asked. @throws RuleViolation when its cancellation came first */
async function paid<T>(
  { config, body }: Pick<RouteContext<Config, PaymentBody, never>, 'config' | 'body'>,
  made: (decide: ReturnType<typeof pay>, key: number) => Promise<T>,
): Promise<T> {
  const { PAYMENT_DELAY_MS: least, PAYMENT_DELAY_SPREAD_MS: spread, ANSWER_DELAY_MS } = config;
  await pauseBetween(least, least + spread);
  const answer = await made(pay(body.courseId), body.courseId);
  await pause(ANSWER_DELAY_MS);
  return answer;
}

export const routes = [
  readable(payments),
  writable(payments, { body: PaymentBody, remove: cancelPayment }),

  route.post(
    '/paymentSystems',
    {
      summary: 'Pays for a registration, once however often it is asked.',
      body: PaymentBody,
      answer: answers.created(payments),
      problems: [409],
    },
    (context) => paid(context, (decide, key) => context.create(payments, decide, key)),
  ),

  // A refusal is an outcome, since a 409 would count against payment in the breaker.
  route.operation(
    '/internal/paymentSystems',
    { summary: 'The same for registration.', message: PaymentBody, answer: answers.json(PaymentOutcome) },
    async (context) => {
      const command: Command = { cause: `pay-${context.body.courseId}` };
      try {
        await paid(context, (decide, key) => context.records.create(Payment, command, decide, { key }));
        return { paid: true };
      } catch (error) {
        if (error instanceof RuleViolation) return { paid: false };
        throw error;
      }
    },
  ),
];
