import { z } from 'zod';
import { event, integer, positive, text } from '../../kit/domain/index.ts';
import { Cancellation, orderFields } from '../rental/contract.ts';
import { orderedPieces, storedPieces } from '../shared/pieces.ts';

/**
 * Body of POST /deliveries, which cancels a delivery (docs/contracts/rental.md#oddity-post-cancels). The order or the
 * delivery's own number names it. The other fields change nothing.
 */
export const CancelBody = z.object({
  id: integer.nullish(),
  rentalId: integer.nullish(),
  productId: integer.nullish(),
  qty: integer.nullish(),
  status: z.literal('CANCELED', 'can only be CANCELED'),
});
export type CancelBody = z.output<typeof CancelBody>;

/** Body of POST /internal/cancellations, sent by rental when a customer cancels an order. Delivery may not have seen the order yet. */
export const CancellationBody = z.object({
  id: integer.nullable(),
  rentalId: integer,
  qty: integer,
  status: z.literal('CANCELED'),
  cancellation: Cancellation,
});

const refusal = z.enum(['CANCELED_OutOfStock', 'CANCELED_UnregisteredProduct']);
const delivery = z.object({ id: positive, rentalId: positive, qty: orderedPieces });

/** What becomes of a delivery. */
export const DeliveryStatus = z.enum(['DELIVERED', 'CANCELED', ...refusal.options]);

/** A delivery as clients see it; its product is not known when the order was cancelled before it came. */
export const DeliveryBody = delivery.extend({ productId: integer.nullable(), status: DeliveryStatus });

/** A product and what is left of it, as clients see it. */
export const StockBody = z.object({ id: positive, productId: positive, name: text, qty: storedPieces });

/** A delivery was first stored, refusals included: docs/contracts/rental.md#oddity-delivered */
export const Delivered = event('Delivered', delivery.extend({ status: DeliveryStatus }));
export type Delivered = z.output<typeof Delivered.schema>;

/** Published beside Delivered for every refusal: docs/contracts/rental.md#oddity-out-of-stock */
export const OutOfStockRentalCanceled = event('OutOfStockRentalCanceled', delivery.extend({ status: refusal }));

/** A delivery was cancelled. It has a `cancellation` if its order is cancelled, too. */
export const DeliveryCanceled = event(
  'DeliveryCanceled',
  delivery.extend({ status: z.literal('CANCELED'), cancellation: Cancellation.optional() }),
);

/** What is left of a product. */
export const StockChanged = event('StockChanged', z.object({ productId: positive, qty: storedPieces }));
export type StockChanged = z.output<typeof StockChanged.schema>;

/** Delivery's event to itself: it does not know the product of an order yet. `doubts` counts these events. */
export const OrderDoubted = event('OrderDoubted', orderFields.extend({ doubts: positive }));
export type OrderDoubted = z.output<typeof OrderDoubted.schema>;

/** Delivery has its copy of a registered product. An outlet: docs/contracts/rental.md#oddity-no-consumer */
export const ProductInventoryRegisted = event('ProductInventoryRegisted', StockBody);
