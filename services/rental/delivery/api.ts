import { Router } from 'express';
import {
  commandOf,
  jsonBody,
  type Kit,
  Problem,
  parseBody,
  pause,
  RuleViolation,
  readable,
  sendItem,
} from '../../kit/index.ts';
import type { Rules } from './app.ts';
import { CancelBody } from './contract.ts';
import { cancelBeforehand, cancelDelivery, Delivery, Product } from './domain.ts';

const deliveries = {
  kind: Delivery,
  path: 'deliveries',
  item: 'delivery',
  show: ({ taken, ...delivery }: Delivery) => delivery as Delivery,
};
const products = {
  kind: Product,
  path: 'products',
  item: 'product',
  show: ({ moving, ...product }: Product) => product as Product,
};

export const api = (kit: Kit<Rules>): Router[] => [
  readable(kit.records, deliveries),
  readable(kit.records, products),
  cancellation(kit),
];

/** Asked by rental, once or several times for one order, perhaps before the order itself has come. */
function cancellation({ records, config }: Kit<Rules>): Router {
  const router = Router();
  const orderOf = async ({ id, rentalId }: CancelBody): Promise<number> => {
    const named = id == null ? undefined : await records.get(Delivery, id);
    if (named && rentalId != null && named.rentalId !== rentalId)
      throw new RuleViolation(`delivery ${id} belongs to rental ${named.rentalId}, not to ${rentalId}`);
    const order = rentalId ?? named?.rentalId;
    if (order === undefined) throw new Problem(404, 'Not Found', 'No such delivery; name it by id or rentalId.');
    return order;
  };
  router.post('/deliveries', ...jsonBody, async (request, response) => {
    const wish = parseBody(CancelBody, request);
    const command = commandOf(request);
    const rentalId = await orderOf(wish);
    // Whoever gives up waiting says that nothing was cancelled.
    await pause(config().CANCEL_DELAY_MS);
    for (;;) {
      const changed = await records.change(Delivery, rentalId, command, cancelDelivery, 'key');
      const delivery =
        changed?.state ??
        (await records.create(Delivery, { cause: command.cause }, cancelBeforehand(rentalId, wish.qty ?? 0), {
          key: rentalId,
        }));
      if (delivery.status !== 'CANCELED') continue; // the order came in between
      sendItem(request, response, deliveries, delivery);
      return;
    }
  });
  return router;
}
