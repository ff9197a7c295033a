import type { Expected } from '../declared.ts';

export const expected: Expected = {
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
    ProductInventoryRegisted: 'the contract has it without a consumer (finding 49)',
    ProductRegisted: 'the contract has it without a consumer (finding 49)',
  },
};
