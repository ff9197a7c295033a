import { Router } from 'express';
import {
  byKey,
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
import { CancelBody, CancellationBody } from './contract.ts';
import { cancelBeforehand, cancelDelivery, Delivery, Product } from './domain.ts';

const deliveries = {
  kind: Delivery,
  path: 'deliveries',
  item: 'delivery',
  show: ({ taken, ...delivery }: Delivery) => delivery,
};
const products = {
  kind: Product,
  path: 'products',
  item: 'product',
  show: ({ moving, ...product }: Product) => product,
};

export const api = (kit: Kit<Rules>): Router[] => [
  readable(kit.records, deliveries),
  readable(kit.records, products),
  cancellation(kit),
  cancellationOfOrder(kit),
];

/** By clients: a delivery that is there, and nothing else. Its order stays as it is. */
function cancellation({ records, config }: Kit<Rules>): Router {
  const router = Router();
  const orderOf = async ({ id, rentalId }: CancelBody): Promise<number> => {
    const named = id == null ? undefined : await records.get(Delivery, id);
    if (named && rentalId != null && named.rentalId !== rentalId)
      throw new RuleViolation(`delivery ${id} belongs to rental ${named.rentalId}, not to ${rentalId}`);
    const order = rentalId ?? named?.rentalId;
    if (order === undefined) throw noDelivery();
    return order;
  };
  router.post('/deliveries', ...jsonBody, async (request, response) => {
    const rentalId = await orderOf(parseBody(CancelBody, request));
    await pause(config().CANCEL_DELAY_MS);
    const command = commandOf(request);
    const canceled = await records.change(byKey(Delivery, rentalId), command, (delivery) => cancelDelivery(delivery));
    if (!canceled.state) throw noDelivery();
    sendItem(request, response, deliveries, canceled.state);
  });
  return router;
}

/** By rental, for a customer who cancels an order: once or several times, perhaps before the order itself has come. */
function cancellationOfOrder({ records, config }: Kit<Rules>): Router {
  const router = Router();
  router.post('/internal/cancellations', ...jsonBody, async (request, response) => {
    const { rentalId, qty, cancellation } = parseBody(CancellationBody, request);
    const command = commandOf(request);
    const decide = (delivery: Delivery) => cancelDelivery(delivery, cancellation);
    // Whoever gives up waiting says that nothing was cancelled.
    await pause(config().CANCEL_DELAY_MS);
    for (;;) {
      const changed = await records.change(byKey(Delivery, rentalId), command, decide);
      const beforehand = cancelBeforehand(rentalId, qty, cancellation);
      const { status } =
        changed.state ?? (await records.create(Delivery, { cause: command.cause }, beforehand, { key: rentalId }));
      if (status !== 'CANCELED') continue; // the order came in between
      response.json({ status });
      return;
    }
  });
  return router;
}

const noDelivery = (): Problem => new Problem(404, 'Not Found', 'No such delivery; name it by id or rentalId.');
