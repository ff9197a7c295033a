import { z } from 'zod';
import { event, integer, positive, text } from '../../kit/domain/index.ts';
import { orderedPieces, storedPieces } from '../shared/pieces.ts';

/** A rental as clients see it. */
export const RentalAnswer = z.object({
  id: integer,
  productId: integer,
  qty: integer,
  status: z.enum(['ORDERED', 'DELIVERED', 'CANCELED_OutOfStock', 'CANCELED_UnregisteredProduct']),
  productName: z.string().nullable(),
  deliveryId: integer.nullable(),
});

/** Nobody checks product and stock: every order is taken, and delivery decides later. */
export const RentalBody = z.object({
  productId: integer,
  qty: orderedPieces,
  status: z.literal('ORDERED', 'can only be ORDERED').default('ORDERED'),
  productName: text.nullable().default(null),
});
export type RentalBody = z.output<typeof RentalBody>;

export const orderFields = z.object({
  id: positive,
  productId: integer,
  qty: orderedPieces,
  status: z.literal('ORDERED'),
  productName: text.nullable(),
});
export const Rentaled = event('Rentaled', orderFields);
export type Rentaled = z.output<typeof Rentaled.schema>;

/**
 * The command by which a customer cancels an order. Rental sends it to delivery, and DeliveryCanceled brings it back. The answer
 * or the event, whichever comes first, carries it out, once. So a cancellation is finished also if rental ended in between.
 */
export const Cancellation = z.object({ cause: text, fingerprint: text.nullable() });
export type Cancellation = z.output<typeof Cancellation>;

/** The part of delivery's answer that rental relies on. */
export const CancelOutcome = z.object({ status: z.literal('CANCELED') });

/** The delivery is cancelled and the order is gone. */
export const RentalCanceled = event(
  'RentalCanceled',
  z.object({ id: positive, productId: integer, qty: orderedPieces, status: z.literal('CANCELED') }),
);

/** A product as clients see it, and as it is told. */
export const ProductCopy = z.object({ id: positive, productId: positive, name: text, qty: storedPieces });

/** Rental has its copy of a registered product. An outlet: docs/contracts/rental.md#oddity-no-consumer */
export const ProductRegisted = event('ProductRegisted', ProductCopy);
