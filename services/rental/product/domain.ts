import { aggregate, type Decision, decided, type Identified } from '../../kit/domain/index.ts';
import type { StockChanged } from '../delivery/contract.ts';
import { type ProductBody, ProductSaved } from './contract.ts';

/** A product as the product team registered it; its `qty` follows the stock of delivery. */
export interface Product extends Identified {
  readonly name: string;
  readonly qty: number;
  /** Which change of the stock `qty` is from. */
  readonly stockVersion: number;
}
export const Product = aggregate<Product>('Product');

export const registerProduct = (id: number, { name, qty }: ProductBody, defaultQuantity: number): Decision<Product> => {
  const product = { id, name, qty: qty ?? defaultQuantity };
  return decided({ ...product, stockVersion: 0 }, ProductSaved(product));
};

/** Follows the stock of delivery. An older event changes nothing. */
export const followStock =
  ({ qty }: StockChanged, version: number) =>
  (product: Product): Decision<Product> | undefined =>
    version > product.stockVersion ? decided({ ...product, qty, stockVersion: version }) : undefined;
