import { from, type Identified, view } from '../../kit/index.ts';
import { Delivered, DeliveryCanceled, OutOfStockRentalCanceled } from '../delivery/contract.ts';
import { RentalCanceled, Rentaled } from '../rental/contract.ts';

/** A row of my orders (docs/contracts/rental.md#read-models). It stays when the order is cancelled. */
export interface MyOrder extends Identified {
  readonly rentalId: number;
  readonly productId: number;
  readonly productName: string | null;
  readonly rentalQty: number;
  readonly rentalStatus: Delivered['status'] | 'ORDERED';
  readonly deliveryId: number | null;
  readonly deliveryStatus: Delivered['status'] | null;
}

/** A row appears with the order. CANCELED is final. */
export const myOrder = view('MyOrder', {
  numberedBy: 'rentalId',
  from: {
    Rentaled: from(Rentaled, (rental) => rental.id),
    Delivered: from(Delivered, (delivery) => delivery.rentalId),
    OutOfStockRentalCanceled: from(OutOfStockRentalCanceled, (delivery) => delivery.rentalId),
    RentalCanceled: from(RentalCanceled, (rental) => rental.id),
    DeliveryCanceled: from(DeliveryCanceled, (delivery) => delivery.rentalId),
  },
  row(_, facts): MyOrder | undefined {
    const { Rentaled: rental, RentalCanceled: canceled, DeliveryCanceled: deliveryCanceled } = facts;
    if (!rental) return undefined;
    const outcome = facts.Delivered ?? facts.OutOfStockRentalCanceled;
    const delivery = outcome ?? deliveryCanceled;
    // A cancelled delivery alone does not cancel the order.
    const decision = outcome?.status === 'CANCELED' ? undefined : outcome?.status;
    return {
      id: rental.id,
      rentalId: rental.id,
      productId: rental.productId,
      productName: rental.productName,
      rentalQty: rental.qty,
      rentalStatus: canceled?.status ?? decision ?? rental.status,
      deliveryId: delivery?.id ?? null,
      deliveryStatus: canceled?.status ?? deliveryCanceled?.status ?? outcome?.status ?? null,
    };
  },
});
