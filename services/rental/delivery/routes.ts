import {
  answers,
  byKey,
  itemAnswer,
  Problem,
  pause,
  type Records,
  RuleViolation,
  readable,
  routeFor,
} from '../../kit/index.ts';
import { CancelOutcome } from '../rental/contract.ts';
import type { Config } from './config.ts';
import { CancelBody, CancellationBody, DeliveryBody, StockBody } from './contract.ts';
import { cancelBeforehand, cancelDelivery, Delivery, Product } from './domain.ts';

const deliveries = {
  kind: Delivery,
  path: 'deliveries',
  item: 'delivery',
  answer: DeliveryBody,
  show: ({ taken, ...delivery }: Delivery) => delivery,
};
const products = {
  kind: Product,
  path: 'products',
  item: 'product',
  answer: StockBody,
  show: ({ moving, ...product }: Product) => product,
};
const route = routeFor<Config>();

const noDelivery = (): Problem => new Problem(404, 'Not Found', 'No such delivery; name it by id or rentalId.');

async function orderOf(records: Records, { id, rentalId }: CancelBody): Promise<number> {
  const named = id == null ? undefined : await records.get(Delivery, id);
  if (named && rentalId != null && named.rentalId !== rentalId)
    throw new RuleViolation(`delivery ${id} belongs to rental ${named.rentalId}, not to ${rentalId}`);
  const order = rentalId ?? named?.rentalId;
  if (order === undefined) throw noDelivery();
  return order;
}

export const routes = [
  readable(deliveries, { access: { customer: 'all' } }),
  readable(products, { access: { everyone: 'all' } }),

  route.post(
    '/deliveries',
    {
      summary: 'Cancels a delivery that is there, and nothing else. Its order stays as it is.',
      body: CancelBody,
      answer: answers.item(deliveries),
      problems: [404, 422],
    },
    async ({ records, config, body, command }) => {
      const rentalId = await orderOf(records, body);
      await pause(config.CANCEL_DELAY_MS);
      const canceled = await records.change(byKey(Delivery, rentalId), command, (delivery) => cancelDelivery(delivery));
      if (!canceled.state) throw noDelivery();
      return itemAnswer(deliveries, canceled.state);
    },
  ),

  route.operation(
    '/internal/cancellations',
    {
      summary:
        'Asked by rental for a customer who cancels an order, once or several times, perhaps before it has come.',
      message: CancellationBody,
      answer: answers.json(CancelOutcome),
    },
    async ({ records, config, command, body: { rentalId, qty, cancellation } }) => {
      // Whoever gives up waiting says that nothing was cancelled.
      await pause(config.CANCEL_DELAY_MS);
      for (;;) {
        const decide = (delivery: Delivery) => cancelDelivery(delivery, cancellation);
        const changed = await records.change(byKey(Delivery, rentalId), command, decide);
        const beforehand = cancelBeforehand(rentalId, qty, cancellation);
        const { status } =
          changed.state ?? (await records.create(Delivery, { cause: command.cause }, beforehand, { key: rentalId }));
        if (status === 'CANCELED') return { status };
        // The order came in between.
      }
    },
  ),
];
