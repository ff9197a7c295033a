import { byId, cancel, change, create, type Kit, type Policy, whenever } from '../../kit/index.ts';
import { Delivered, DeliveryCanceled, OutOfStockRentalCanceled, StockChanged } from '../delivery/contract.ts';
import { ProductSaved } from '../product/contract.ts';
import { followStock } from '../shared/stock.ts';
import type { Config } from './config.ts';
import { cancelRental, copyProduct, learnOutcome, Product, Rental } from './domain.ts';

export const policies = ({ records }: Kit<Config>): Policy[] => [
  whenever(ProductSaved, (product) => create(Product, product.id, copyProduct(product))),
  // Delivery may sell of a product before this copy is made: StockChanged then waits for the copy.
  whenever(StockChanged, (stock, { version }) => cancel(Product, stock.productId, followStock(stock, version))),
  whenever(Delivered, (delivery) => change(Rental, delivery.rentalId, learnOutcome(delivery))),
  whenever(OutOfStockRentalCanceled, (delivery) => change(Rental, delivery.rentalId, learnOutcome(delivery))),

  // The customer's own command: rental nearly always carried it out before this event comes.
  whenever(DeliveryCanceled, async ({ rentalId, cancellation }) => {
    if (!cancellation) return [];
    const { cause, fingerprint } = cancellation;
    await records.change(
      byId(Rental, rentalId),
      fingerprint === null ? { cause } : { cause, fingerprint },
      cancelRental,
    );
    return [];
  }),
];
