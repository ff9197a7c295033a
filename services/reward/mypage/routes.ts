import { readableView } from '../../kit/index.ts';
import { Mypage } from './contract.ts';
import { mypage } from './views.ts';

export const routes = readableView(
  mypage,
  { path: 'mypages', item: 'mypage', plain: true, answer: Mypage },
  { access: { player: { own: 'customerId' } } },
);
