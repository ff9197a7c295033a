import { from, view } from '../../kit/index.ts';
import { Delivered, DeliveryCanceled, OutOfStockRentalCanceled } from '../delivery/contract.ts';
import { RentalCanceled, Rentaled } from '../rental/contract.ts';
import type { MyOrder } from './contract.ts';

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
