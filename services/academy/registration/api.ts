import { Router } from 'express';
import { Refusal } from '../../kit/domain.ts';
import { bodyOf, commandOf, jsonBody, Problem, readable, sendCreated, writable } from '../../kit/rest.ts';
import type { Kit } from '../../kit/service.ts';
import { CalleeUnavailable } from '../../kit/sidecar.ts';
import { PaymentOutcome } from '../payment/contract.ts';
import type { Addresses } from './app.ts';
import { RegistrationBody } from './contract.ts';
import { CanceledLecture, cancelRegistration, Registration, register } from './domain.ts';

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

/** No payment, no registration: payment is asked first, and whatever happens then, no payment stays without its registration. */
function registration({ records, sidecar, config }: Kit<Addresses>): Router {
  const router = Router();
  router.post('/courseRegistrationSystems', ...jsonBody, async (request, response) => {
    const wish = bodyOf(RegistrationBody, request) as RegistrationBody;
    const command = commandOf(request);
    const id = await records.claimId(Registration, command);
    const done = command.fingerprint && (await records.get(Registration, id));
    if (done) return sendCreated(request, response, registrations, done);
    const { lectureId } = wish;
    if (await records.get(CanceledLecture, lectureId)) throw new Refusal(`lecture ${lectureId} was cancelled`, 409);
    const payment = await records.intend(Registration, id, cancelRegistration({ id, ...wish }));
    try {
      const { paid } = PaymentOutcome.parse(
        await sidecar.call(config()['api.payment.url'], 'internal/paymentSystems', { courseId: id }),
      );
      if (!paid) throw new Refusal(`the payment of registration ${id} was refused; please register again`, 409);
      const created = await records.create(Registration, command, () => register(id, wish), { id });
      payment.keep();
      sendCreated(request, response, registrations, created);
    } catch (error) {
      if (error instanceof CalleeUnavailable && !error.reached) payment.keep();
      else await payment.abandon();
      throw error instanceof CalleeUnavailable ? payLater(error) : error;
    }
  });
  return router;
}

/** The contract's fallback: the student is led to pay a little later, and nothing is kept. */
function payLater({ message, retryAfterSeconds }: CalleeUnavailable): Problem {
  const detail = `${message}, so nothing was registered. Please try again to register and pay a little later.`;
  return new Problem(503, 'Service Unavailable', detail, { retryAfterSeconds });
}
