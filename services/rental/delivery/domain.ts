import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import type { ProductSaved } from '../product/contract.ts';
import type { Cancellation, Rentaled } from '../rental/contract.ts';
import {
  Delivered,
  DeliveryCanceled,
  OrderDoubted,
  OutOfStockRentalCanceled,
  ProductInventoryRegisted,
  StockChanged,
} from './contract.ts';

/** The delivery of an order: one for each, refused ones included. */
export interface Delivery extends Identified {
  /** Unknown (null) when the order was cancelled before it came here. */
  readonly productId: number | null;
  readonly rentalId: number;
  readonly qty: number;
  readonly status: 'DELIVERED' | 'CANCELED_OutOfStock' | 'CANCELED_UnregisteredProduct' | 'CANCELED';
  /** How many pieces of the stock this record accounts for. */
  readonly taken: number;
}
export const Delivery = aggregate<Delivery>('Delivery', { keyedBy: 'rentalId' });

/** A product and what is left of it. */
export interface Product extends Identified {
  readonly productId: number;
  readonly name: string;
  readonly qty: number;
  /** Pieces out, by order, while the delivery of the order does not account for them yet. */
  readonly moving: Readonly<Record<string, number>>;
}
export const Product = aggregate<Product>('Product', { numberedBy: 'productId' });

export const stock =
  ({ id, name, qty }: ProductSaved) =>
  (): Decision<Product> => {
    const product = { id, productId: id, name, qty };
    return decided({ ...product, moving: {} }, ProductInventoryRegisted(product));
  };

/** What the stock has to know of an order. */
export type Order = Pick<Rentaled, 'id' | 'qty'>;

/** Pieces taken for an order that has no delivery yet. */
export const takenFor = (product: Product, order: Order): number => product.moving[order.id] ?? 0;

/**
 * Brings the stock in line with one order. Without a delivery the order takes its pieces if there are enough. A delivered
 * order keeps them. Any other delivery gives them back. Repeating it changes nothing: docs/decisions/0008-stock.md
 * @param delivery the delivery of the order, read after the product was
 */
export function settle(product: Product, order: Order, delivery: Delivery | undefined): Decision<Product> | undefined {
  const { [order.id]: moving, ...others } = product.moving;
  // Two events may name different products for one order: only the product of its delivery answers for it.
  const own = delivery?.productId === product.productId ? delivery : undefined;
  const accounted = own?.taken ?? 0;
  const out = moving ?? accounted;
  const kept = own?.status === 'DELIVERED' ? own.qty : 0;
  const wanted = delivery ? kept : order.qty;
  const now = wanted <= product.qty + out ? wanted : out;
  if (now === out && (moving === undefined) === (now === accounted)) return undefined;
  const settled = {
    ...product,
    qty: product.qty + out - now,
    moving: now === accounted ? others : { ...others, [order.id]: now },
  };
  const { productId, qty } = settled;
  return now === out ? decided(settled) : decided(settled, StockChanged({ productId, qty }));
}

/** Settles orders one after the other, and publishes what is left in the end. */
export function settleAll(
  product: Product,
  orders: readonly Order[],
  deliveries: readonly (Delivery | undefined)[],
): Decision<Product> | undefined {
  const decisions: Decision<Product>[] = [];
  for (const [index, order] of orders.entries()) {
    const decision = settle(decisions.at(-1)?.state ?? product, order, deliveries[index]);
    if (decision) decisions.push(decision);
  }
  const changing = decisions.findLast(({ events }) => events.length > 0);
  return decisions.length > 0 ? { state: decisions.at(-1)!.state, events: changing?.events ?? [] } : undefined;
}

/**
 * The delivery of an order the stock was asked for.
 * @param taken pieces the stock gave; undefined: it does not know the product
 */
export const deliver =
  ({ id: rentalId, productId, qty }: Rentaled, taken: number | undefined) =>
  (id: number): Decision<Delivery> => {
    const fields = { id, rentalId, qty };
    const delivery = { ...fields, productId, taken: taken ?? 0 };
    if (taken) return decided({ ...delivery, status: 'DELIVERED' }, Delivered({ ...fields, status: 'DELIVERED' }));
    const status = taken === undefined ? 'CANCELED_UnregisteredProduct' : 'CANCELED_OutOfStock';
    const refused = { ...fields, status } as const;
    return decided({ ...delivery, status }, Delivered(refused), OutOfStockRentalCanceled(refused));
  };

/** An order whose product delivery did not know, and how many times. */
export interface Doubt extends Identified {
  readonly doubts: number;
}
export const Doubt = aggregate<Doubt>('Doubt', { numberedBy: 'id' });

export const doubt = (order: Rentaled) => (): Decision<Doubt> =>
  decided({ id: order.id, doubts: 1 }, OrderDoubted({ ...order, doubts: 1 }));

export const doubtAgain =
  (order: OrderDoubted) =>
  (doubt: Doubt): Decision<Doubt> | undefined => {
    const doubts = order.doubts + 1;
    return doubt.doubts < doubts ? decided({ ...doubt, doubts }, OrderDoubted({ ...order, doubts })) : undefined;
  };

/**
 * Cancels a delivery. It accounts for its pieces until the stock has them back.
 * @param cancellation of its order; undefined: the delivery alone is cancelled
 */
export const cancelDelivery = (delivery: Delivery, cancellation?: Cancellation): Decision<Delivery> | undefined => {
  const { id, rentalId, qty, status } = delivery;
  if (status === 'CANCELED') return undefined;
  const canceled = { id, rentalId, qty, status: 'CANCELED' } as const;
  return decided({ ...delivery, status: 'CANCELED' }, DeliveryCanceled({ ...canceled, cancellation }));
};

/** The delivery of an order that was cancelled before delivery saw it. The order finds it later and takes nothing. */
export const cancelBeforehand =
  (rentalId: number, qty: number, cancellation?: Cancellation) =>
  (id: number): Decision<Delivery> => {
    const canceled = { id, rentalId, qty, status: 'CANCELED' } as const;
    return decided(
      { ...canceled, productId: null, taken: 0 },
      Delivered(canceled),
      DeliveryCanceled({ ...canceled, cancellation }),
    );
  };

/** The stock has the pieces back. */
export const gaveBack = (delivery: Delivery): Decision<Delivery> | undefined =>
  delivery.status === 'DELIVERED' || delivery.taken === 0 ? undefined : decided({ ...delivery, taken: 0 });
