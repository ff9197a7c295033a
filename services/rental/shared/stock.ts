import { type Decision, decided, type Identified } from '../../kit/domain/index.ts';

/** A product whose `qty` follows the stock of delivery, which decides who gets a piece: `settle` in delivery/domain.ts. */
export interface Stocked extends Identified {
  readonly qty: number;
  /** Which change of the stock `qty` is from. */
  readonly stockVersion: number;
}

/** Follows the stock of delivery. An older event changes nothing. */
export const followStock =
  ({ qty }: Pick<Stocked, 'qty'>, version: number) =>
  <P extends Stocked>(product: P): Decision<P> | undefined =>
    version > product.stockVersion ? decided({ ...product, qty, stockVersion: version }) : undefined;
