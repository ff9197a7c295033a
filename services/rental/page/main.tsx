import { startPage } from '../../gateway/page-kit/index.ts';
import { Orders } from './orders.tsx';
import { Products } from './products.tsx';
import { Shop } from './shop.tsx';
import { texts } from './texts.ts';

void startPage(
  () => texts().title,
  [
    { path: '', title: () => texts().products, view: Products },
    { path: 'my', title: () => texts().orders, view: Orders, role: 'customer' },
    { path: 'shop', title: () => texts().shop, view: Shop, role: 'operator' },
  ],
);
