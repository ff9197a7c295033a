import { Router } from 'express';
import { CalleeUnavailable, commandOf, idOf, ifMatch, type Kit, Problem, readable, writable } from '../../kit/index.ts';
import type { Addresses } from './app.ts';
import { CancelOutcome, RentalBody } from './contract.ts';
import { cancelRental, order, Product, Rental } from './domain.ts';

const rentals = { kind: Rental, path: 'rentals', item: 'rental' };
const products = {
  kind: Product,
  path: 'products',
  item: 'product',
  show: ({ stockVersion, ...product }: Product) => product as Product,
};

export const api = (kit: Kit<Addresses>): Router[] => [
  readable(kit.records, rentals),
  writable(kit.records, rentals, { body: RentalBody, create: order }),
  readable(kit.records, products),
  cancellation(kit),
];

/** The delivery is cancelled first: an order whose delivery was not cancelled stays as it is. */
function cancellation({ records, sidecar, config }: Kit<Addresses>): Router {
  const router = Router();
  router.delete('/rentals/:id', async (request, response) => {
    const id = idOf(request);
    const rental = await records.get(Rental, id);
    if (rental) {
      // Asked before the delivery is cancelled: after that the order has to go.
      ifMatch(request, rentals, () => undefined)(rental);
      const { deliveryId, qty } = rental;
      const asked = { id: deliveryId, rentalId: id, qty, status: 'CANCELED' };
      await sidecar.call(config()['api.delivery.url'], 'deliveries', asked, CancelOutcome).catch((error) => {
        throw error instanceof CalleeUnavailable ? notNow(error) : error;
      });
    }
    // Without a rental only the repetition of a command that was done is answered.
    const removed = await records.change(Rental, id, commandOf(request), rental ? cancelRental : () => undefined);
    if (!removed || removed.state) throw new Problem(404, 'Not Found', `There is no rental ${id}.`);
    response.status(204).end();
  });
  return router;
}

/** The contract's answers: 500 when delivery is not there, else 503 with the advice to cancel again. */
function notNow({ why, message, retryAfterSeconds }: CalleeUnavailable): Problem {
  const detail = `${message}, so the order stands as it was. Please cancel again shortly.`;
  return why === 'down'
    ? new Problem(500, 'Internal Server Error', detail, { retryAfterSeconds })
    : new Problem(503, 'Service Unavailable', detail, { retryAfterSeconds });
}
