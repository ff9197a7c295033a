import { z } from 'zod';
import { event, integer } from '../../kit/domain/index.ts';
import { Cancellation, orderFields } from '../rental/contract.ts';

/**
 * The one thing clients may do with a delivery: cancel it. Named by the order, or by the delivery's own number. What
 * else is sent changes nothing.
 */
export const CancelBody = z.object({
  id: integer.nullish(),
  rentalId: integer.nullish(),
  productId: integer.nullish(),
  qty: integer.nullish(),
  status: z.literal('CANCELED', 'can only be CANCELED'),
});
export type CancelBody = z.output<typeof CancelBody>;

/** What rental asks for when a customer cancels an order, whether the order has come to delivery or not. */
export const CancellationBody = z.object({
  id: integer.nullable(),
  rentalId: integer,
  qty: integer,
  status: z.literal('CANCELED'),
  cancellation: Cancellation,
});

const refusal = z.enum(['CANCELED_OutOfStock', 'CANCELED_UnregisteredProduct']);
const delivery = z.object({ id: integer, rentalId: integer, qty: integer });

/** What becomes of a delivery. */
export const DeliveryStatus = z.enum(['DELIVERED', 'CANCELED', ...refusal.options]);

/** A delivery as clients see it; its product is not known when the order was cancelled before it came. */
export const DeliveryBody = delivery.extend({ productId: integer.nullable(), status: DeliveryStatus });

/** A product and what is left of it, as clients see it. */
export const StockBody = z.object({ id: integer, productId: integer, name: z.string(), qty: integer });

/** A delivery was first stored, refusals included. */
export const Delivered = event('Delivered', delivery.extend({ status: DeliveryStatus }));
export type Delivered = z.output<typeof Delivered.schema>;

/** Told besides Delivered, whatever the reason of the refusal; the name is the contract's. */
export const OutOfStockRentalCanceled = event('OutOfStockRentalCanceled', delivery.extend({ status: refusal }));

/** A delivery is cancelled: with its order, whose `cancellation` it then has, or by itself. */
export const DeliveryCanceled = event(
  'DeliveryCanceled',
  delivery.extend({ status: z.literal('CANCELED'), cancellation: Cancellation.optional() }),
);

/** What is left of a product. */
export const StockChanged = event('StockChanged', z.object({ productId: integer, qty: integer }));
export type StockChanged = z.output<typeof StockChanged.schema>;

/** Told by delivery to itself: an order whose product it does not know yet, and how often it said so. */
export const OrderDoubted = event('OrderDoubted', orderFields.extend({ doubts: integer }));
export type OrderDoubted = z.output<typeof OrderDoubted.schema>;

/** Told when a product registered elsewhere is known here, too; an outlet. */
export const ProductInventoryRegisted = event('ProductInventoryRegisted', StockBody);
