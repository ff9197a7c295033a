import { aggregate, type Decision, decided } from '../../kit/domain/index.ts';
import type { Stocked } from '../shared/stock.ts';
import { type ProductBody, ProductSaved } from './contract.ts';

/** A product as the product team registered it; its `qty` follows the stock of delivery. */
export interface Product extends Stocked {
  readonly name: string;
}
export const Product = aggregate<Product>('Product');

export const registerProduct = (id: number, { name, qty }: ProductBody, defaultQuantity: number): Decision<Product> => {
  const product = { id, name, qty: qty ?? defaultQuantity };
  return decided({ ...product, stockVersion: 0 }, ProductSaved(product));
};
