import { Router } from 'express';
import {
  CalleeUnavailable,
  commandOf,
  concurrencyLimit,
  jsonBody,
  type Kit,
  Problem,
  parseBody,
  RuleViolation,
  readable,
  sendCreated,
  writable,
} from '../../kit/index.ts';
import { PaymentOutcome } from '../payment/contract.ts';
import type { Addresses } from './app.ts';
import { RegistrationBody } from './contract.ts';
import { CanceledLecture, cancelRegistration, Registration, register } from './domain.ts';

/** How long a student waits for his turn to pay; the gateway gives up after 10 s. */
const TURN_MS = 5_000;

const registrations = {
  kind: Registration,
  path: 'courseRegistrationSystems',
  item: 'courseRegistrationSystem',
  plain: true,
};

export const api = (kit: Kit<Addresses>): Router[] => [
  singular(),
  readable(kit.records, registrations),
  writable(kit.records, registrations, { body: RegistrationBody, remove: cancelRegistration }),
  registration(kit),
];

/** The contract's transcripts have the path in the singular; it means the same. */
function singular(): Router {
  const router = Router();
  router.use((request, _, next) => {
    request.url = request.url.replace(/^\/courseRegistrationSystem(?=$|[/?])/, '/courseRegistrationSystems');
    next();
  });
  return router;
}

/** No payment, no registration, and no payment without its registration. */
function registration({ records, sidecar, config }: Kit<Addresses>): Router {
  const router = Router();
  // A crowd would make payment exceed its time limit for all of them; in turns most are in time.
  const inTurns = concurrencyLimit(() => config().PAYMENTS_AT_ONCE, TURN_MS);
  router.post('/courseRegistrationSystems', ...jsonBody, inTurns, async (request, response) => {
    const wish = parseBody(RegistrationBody, request);
    const { lectureId } = wish;
    const made = await records
      .createAfter(Registration, commandOf(request), async (id) => {
        if (await records.get(CanceledLecture, lectureId))
          throw new RuleViolation(`lecture ${lectureId} was cancelled`, 409);
        return {
          otherwise: cancelRegistration({ id, ...wish }),
          ask: async () => {
            const payment = config()['api.payment.url'];
            return (await sidecar.call(payment, 'internal/paymentSystems', { courseId: id }, PaymentOutcome)).paid;
          },
          decide: () => register(id, wish),
        };
      })
      .catch((error) => {
        throw error instanceof CalleeUnavailable ? payLater(error) : error;
      });
    sendCreated(request, response, registrations, made);
  });
  return router;
}

/** The contract's fallback: the student is led to pay a little later, and nothing is kept. */
function payLater({ message, retryAfterSeconds }: CalleeUnavailable): Problem {
  const detail = `${message}, so nothing was registered. Please try again to register and pay a little later.`;
  return new Problem(503, 'Service Unavailable', detail, { retryAfterSeconds });
}
