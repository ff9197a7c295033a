import { answers, byId, CalleeUnavailable, noContent, Problem, readable, routeFor, writable } from '../../kit/index.ts';
import type { Config } from './config.ts';
import { CancelOutcome, ProductCopy, RentalAnswer, RentalBody } from './contract.ts';
import { cancelRental, order, Product, Rental } from './domain.ts';

const rentals = { kind: Rental, path: 'rentals', item: 'rental', answer: RentalAnswer };
const products = {
  kind: Product,
  path: 'products',
  item: 'product',
  answer: ProductCopy,
  show: ({ stockVersion, ...product }: Product) => product,
};
const route = routeFor<Config>();

/** The contract's orders name nobody: each customer of the shop sees them all. */
const access = { customer: 'all' } as const;

export const routes = [
  readable(rentals, { access }),
  writable(rentals, { body: RentalBody, create: order, access }),
  readable(products, { access: { everyone: 'all' } }),

  // The delivery is cancelled first: an order whose delivery was not cancelled stays as it is. Should this process end
  // between the two, the event of the delivery ends the order (see policies.ts).
  route.delete(
    '/rentals/:id',
    { summary: 'Cancels an order, its delivery first.', answer: answers.nothing, problems: [500, 503], access },
    async (context) => {
      const { records, sidecar, config, id, command } = context;
      const answered = async (): Promise<boolean> => (await records.answered(Rental, command)) !== undefined;
      // A key that belongs to another request is refused before the delivery is cancelled.
      const rental = (await answered()) ? undefined : await records.get(Rental, id);
      if (rental) {
        // Asked before the delivery is cancelled: after that the order has to go.
        context.requireMatch(rentals, rental);
        const { cause, fingerprint = null } = command;
        const { deliveryId, qty } = rental;
        const asked = { id: deliveryId, rentalId: id, qty, status: 'CANCELED', cancellation: { cause, fingerprint } };
        await sidecar
          .call(config['api.delivery.url'], 'internal/cancellations', asked, CancelOutcome)
          .catch((error) => {
            throw error instanceof CalleeUnavailable ? notNow(error) : error;
          });
        await records.change(byId(Rental, id), command, cancelRental);
      } else if (!(await answered())) throw context.missing(rentals);
      return noContent;
    },
  ),
];

/** The contract's answers: 500 when delivery is not there, else 503 with the advice to cancel again. */
function notNow({ why, message, outcome, retryAfterSeconds }: CalleeUnavailable): Problem {
  const isKnown = outcome === 'none';
  const state = isKnown ? 'so the order stands as it was' : 'and whether the order is cancelled is not known yet';
  const detail = `${message}, ${state}. Please cancel again shortly.`;
  const more = { retryAfterSeconds, ...(isKnown ? {} : { outcome: 'unknown' as const }) };
  return why === 'down'
    ? new Problem(500, 'Internal Server Error', detail, more)
    : new Problem(503, 'Service Unavailable', detail, more);
}
