import { change, whenever } from '../../kit/index.ts';
import { StockChanged } from '../delivery/contract.ts';
import { followStock } from '../shared/stock.ts';
import { Product } from './domain.ts';

export const policies = [
  whenever(StockChanged, (stock, { version }) => change(Product, stock.productId, followStock(stock, version))),
];
