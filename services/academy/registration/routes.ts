import { answers, CalleeUnavailable, Problem, RuleViolation, readable, routeFor, writable } from '../../kit/index.ts';
import { PaymentOutcome } from '../payment/contract.ts';
import type { Config } from './config.ts';
import { RegistrationAnswer, RegistrationBody } from './contract.ts';
import { CanceledLecture, cancelRegistration, Registration, register } from './domain.ts';

const registrations = {
  kind: Registration,
  path: 'courseRegistrationSystems',
  item: 'courseRegistrationSystem',
  answer: RegistrationAnswer,
  plain: true,
};
const route = routeFor<Config>();

const own = { student: { own: 'studentId' } } as const;

/**
 * A crowd would make payment exceed its time limit for all of them; in turns most are in time. A student waits 5 s for his
 * turn to pay; the gateway gives up after 10 s.
 */
const inTurns = { limit: ({ PAYMENTS_AT_ONCE }: Config) => PAYMENTS_AT_ONCE, patienceMs: 5_000 };

export const routes = [
  readable(registrations, { access: { instructor: 'all', ...own } }),
  writable(registrations, { body: RegistrationBody, remove: cancelRegistration, access: own }),

  route.post(
    '/courseRegistrationSystems',
    {
      summary: 'Registers for a lecture: no registration without payment, and no payment without its registration.',
      body: RegistrationBody,
      answer: answers.created(registrations),
      problems: [409, 503],
      limit: inTurns,
      access: own,
    },
    (context) => {
      const { records, sidecar, config, body } = context;
      return context
        .createAfter(registrations, async (id) => {
          if (await records.get(CanceledLecture, body.lectureId))
            throw new RuleViolation(`lecture ${body.lectureId} was cancelled`, 409);
          return {
            otherwise: cancelRegistration({ id, ...body }),
            ask: async () => {
              const payment = config['api.payment.url'];
              return (await sidecar.call(payment, 'internal/paymentSystems', { courseId: id }, PaymentOutcome)).paid;
            },
            decide: () => register(id, body),
          };
        })
        .catch((error) => {
          throw error instanceof CalleeUnavailable ? payLater(error) : error;
        });
    },
  ),
];

/** The contract's fallback: the student is led to pay a little later, and nothing is kept. */
function payLater({ message, retryAfterSeconds }: CalleeUnavailable): Problem {
  const detail = `${message}, so nothing was registered. Please try again to register and pay a little later.`;
  return new Problem(503, 'Service Unavailable', detail, { retryAfterSeconds });
}
