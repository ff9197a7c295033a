import { z } from 'zod';
import { integer } from '../../kit/domain/index.ts';
import { DeliveryStatus } from '../delivery/contract.ts';

/** All that a customer wants to know of an order; it stays when the order is cancelled. */
export const MyOrder = z.object({
  id: integer,
  rentalId: integer,
  productId: integer,
  productName: z.string().nullable(),
  rentalQty: integer,
  rentalStatus: z.enum(['ORDERED', ...DeliveryStatus.options]),
  deliveryId: integer.nullable(),
  deliveryStatus: DeliveryStatus.nullable(),
});
export type MyOrder = z.output<typeof MyOrder>;
