import { change, create, whenever } from '../../kit/index.ts';
import { Delivered, OutOfStockRentalCanceled, StockChanged } from '../delivery/contract.ts';
import { ProductSaved } from '../product/contract.ts';
import { copyProduct, followStock, learnOutcome, Product, Rental } from './domain.ts';

export const policies = [
  whenever(ProductSaved, (product) => create(Product, product.id, copyProduct(product))),
  whenever(StockChanged, (stock, { version }) => change(Product, stock.productId, followStock(stock, version))),
  whenever(Delivered, (delivery) => change(Rental, delivery.rentalId, learnOutcome(delivery))),
  whenever(OutOfStockRentalCanceled, (delivery) => change(Rental, delivery.rentalId, learnOutcome(delivery))),
];
