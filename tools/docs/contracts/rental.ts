import type { Contract } from '../declared.ts';

export const contract: Contract = {
  about:
    'Office equipment for rent: a product team registers products with a stock, customers order and cancel, deliveries decide by the stock. Every order is taken, whatever happens to the neighbours; a refusal flows back; a cancellation is all or nothing; the stock is exact.',
  events: [
    'delivery Delivered',
    'delivery DeliveryCanceled',
    'delivery OrderDoubted',
    'delivery OutOfStockRentalCanceled',
    'delivery ProductInventoryRegisted',
    'delivery StockChanged',
    'product ProductSaved',
    'rental ProductRegisted',
    'rental RentalCanceled',
    'rental Rentaled',
  ],
  outlets: {
    ProductInventoryRegisted: 'the contract has it without a consumer',
    ProductRegisted: 'the contract has it without a consumer',
  },
  scenarios: 31,
  elsewhere: {
    27: 'needs a cluster',
    28: 'needs a cluster',
    29: 'needs a cluster',
    30: 'needs a cluster',
  },
};
