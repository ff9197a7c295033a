import {
  batchByKey,
  byId,
  byKey,
  change,
  create,
  type Kit,
  log,
  type Policy,
  type Reaction,
  whenever,
} from '../../kit/index.ts';
import { ProductSaved } from '../product/contract.ts';
import { Rentaled } from '../rental/contract.ts';
import type { Config } from './config.ts';
import { DeliveryCanceled, OrderDoubted } from './contract.ts';
import {
  Delivery,
  Doubt,
  deliver,
  doubt,
  doubtAgain,
  gaveBack,
  type Order,
  Product,
  settleAll,
  stock,
  takenFor,
} from './domain.ts';

/**
 * An order changes two records, first its product, then its delivery. Every step can be repeated at any time: an event that
 * comes again goes on where it stopped, or finds nothing to do.
 */
export const policies = ({ records, config, context }: Kit<Config>): Policy[] => {
  // Each command has a cause of its own: a step happens once because of the state it finds, not because of its cause.
  const command = () => ({ cause: context.id() });
  const deliveryOf = async ({ id }: Order) => (await records.findBy(Delivery, 'rentalId', String(id)))[0];

  // Orders that wait for the same product are settled in one write, each once.
  const settled = batchByKey(async (productId: number, waiting: readonly Order[]) => {
    const orders = [...new Map(waiting.map((order) => [order.id, order])).values()];
    const settleThem = async (product: Product) =>
      settleAll(product, orders, await Promise.all(orders.map(deliveryOf)));
    return (await records.change(byId(Product, productId), command(), settleThem)).state;
  });

  // The registration of a product may come after its first order. Waiting for it would hold up the events behind, perhaps
  // the registration itself. So the order goes to the end of the queue, several times, before it is refused.
  const decideOn = async (order: Rentaled, reconsider: Reaction | undefined): Promise<readonly Reaction[]> => {
    const product = await settled(order.productId, order);
    if (!(await deliveryOf(order))) {
      if (!product && reconsider) return [reconsider];
      const taken = product && takenFor(product, order);
      await records.create(Delivery, command(), deliver(order, taken), { key: order.id });
      report(order, product, taken);
    }
    await settled(order.productId, order);
    return [];
  };

  return [
    whenever(ProductSaved, (product) => create(Product, product.id, stock(product))),

    whenever(Rentaled, (order) => decideOn(order, create(Doubt, order.id, doubt(order)))),
    whenever(OrderDoubted, (order) => {
      const isPatient = order.doubts < config().REGISTRATION_PATIENCE;
      return decideOn(order, isPatient ? change(Doubt, order.id, doubtAgain(order)) : undefined);
    }),

    whenever(DeliveryCanceled, async ({ rentalId, qty }) => {
      const order = { id: rentalId, qty };
      const delivery = await deliveryOf(order);
      if (delivery?.productId == null) return [];
      await settled(delivery.productId, order);
      await records.change(byKey(Delivery, rentalId), command(), gaveBack);
      await settled(delivery.productId, order);
      return [];
    }),
  ];
};

function report(order: Rentaled, product: Product | undefined, taken: number | undefined): void {
  const figures = { rental: order.id, product: order.productId, ordered: order.qty, left: product?.qty };
  if (!product) log.info('the product cannot be confirmed: refused as not registered', figures);
  else if (taken) log.info('enough in stock: deducted and delivered', figures);
  else log.info('out of stock: the order is taken back', figures);
}
