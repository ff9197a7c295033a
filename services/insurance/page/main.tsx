import { startPage } from '../../gateway/page-kit/index.ts';
import { Messages } from './messages.tsx';
import { MyInsurance } from './my.tsx';
import { Products } from './products.tsx';
import { customer } from './state.ts';
import { texts } from './texts.ts';

void startPage(
  () => texts().title,
  [
    { path: '', title: () => texts().products, view: Products },
    { path: 'my', title: () => texts().mine, view: MyInsurance },
    { path: 'messages', title: () => texts().messages, view: Messages },
  ],
  { label: () => texts().iAm, person: customer },
);
