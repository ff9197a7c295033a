import { z } from 'zod';
import { event, integer, text } from '../../kit/domain/index.ts';

/** A rental as clients see it. */
export const RentalAnswer = z.object({
  id: integer,
  productId: integer,
  qty: integer,
  status: z.enum(['ORDERED', 'DELIVERED', 'CANCELED_OutOfStock', 'CANCELED_UnregisteredProduct']),
  productName: z.string().nullable(),
  deliveryId: integer.nullable(),
});

/** Neither product nor stock is checked: orders are taken whatever delivery will say. */
export const RentalBody = z.object({
  productId: integer,
  qty: integer.refine((value) => value > 0, 'must be 1 or more'),
  status: z.literal('ORDERED', 'can only be ORDERED').default('ORDERED'),
  productName: text.nullable().default(null),
});
export type RentalBody = z.output<typeof RentalBody>;

export const orderFields = z.object({
  id: integer,
  productId: integer,
  qty: integer,
  status: z.literal('ORDERED'),
  productName: z.string().nullable(),
});
export const Rentaled = event('Rentaled', orderFields);
export type Rentaled = z.output<typeof Rentaled.schema>;

/**
 * Which command of a customer cancels an order: rental gives it to delivery, DeliveryCanceled brings it back, and whoever
 * comes first carries it out, once. So a cancellation that was begun is finished though neither rental nor customer comes back.
 */
export const Cancellation = z.object({ cause: text, fingerprint: text.nullable() });
export type Cancellation = z.output<typeof Cancellation>;

/** What delivery answers when it is asked to cancel, as far as rental relies on it. */
export const CancelOutcome = z.object({ status: z.literal('CANCELED') });

/** Told only when the delivery is cancelled and the rental is gone. */
export const RentalCanceled = event(
  'RentalCanceled',
  z.object({ id: integer, productId: integer, qty: integer, status: z.literal('CANCELED') }),
);

/** A product as clients see it, and as it is told. */
export const ProductCopy = z.object({ id: integer, productId: integer, name: z.string(), qty: integer });

/** Told when a product registered elsewhere is known here, too; an outlet. */
export const ProductRegisted = event('ProductRegisted', ProductCopy);
