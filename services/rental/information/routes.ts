import { readableView } from '../../kit/index.ts';
import { MyOrder } from './contract.ts';
import { myOrder } from './views.ts';

export const routes = readableView(
  myOrder,
  { path: 'myOrders', item: 'myOrder', plain: true, answer: MyOrder },
  { access: { customer: 'all' } },
);
