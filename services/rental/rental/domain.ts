import { aggregate, type Decision, decided, ended, type Identified } from '../../kit/domain/index.ts';
import type { Delivered } from '../delivery/contract.ts';
import type { ProductSaved } from '../product/contract.ts';
import type { Stocked } from '../shared/stock.ts';
import { ProductRegisted, type RentalBody, RentalCanceled, Rentaled } from './contract.ts';

/** An order. A cancelled one is gone, a refused one stays: docs/contracts/rental.md#oddity-gone */
export interface Rental extends Identified, Omit<RentalBody, 'status'> {
  readonly status: 'ORDERED' | 'DELIVERED' | 'CANCELED_OutOfStock' | 'CANCELED_UnregisteredProduct';
  readonly deliveryId: number | null;
}
export const Rental = aggregate<Rental>('Rental');

export const order = (id: number, request: RentalBody): Decision<Rental> => {
  const rental = { id, ...request };
  return decided({ ...rental, deliveryId: null }, Rentaled(rental));
};

/** Takes over what delivery decided. A delivery that was cancelled alone leaves the order as it is. */
export const learnOutcome =
  ({ id: deliveryId, status }: Delivered) =>
  (rental: Rental): Decision<Rental> =>
    decided({ ...rental, deliveryId, status: status === 'CANCELED' ? rental.status : status });

export const cancelRental = ({ id, productId, qty }: Rental): Decision<Rental> =>
  ended(RentalCanceled({ id, productId, qty, status: 'CANCELED' }));

/** Rental's copy of a product. It refuses no order: docs/contracts/rental.md#oddity-copy */
export interface Product extends Stocked {
  readonly productId: number;
  readonly name: string;
}
export const Product = aggregate<Product>('Product', { numberedBy: 'productId' });

export const copyProduct =
  ({ id, name, qty }: ProductSaved) =>
  (): Decision<Product> => {
    const product = { id, productId: id, name, qty };
    return decided({ ...product, stockVersion: 0 }, ProductRegisted(product));
  };
