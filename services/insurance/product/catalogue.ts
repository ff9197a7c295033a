import { aggregate, decided, type Identified } from '../../kit/domain/index.ts';
import type { Kit } from '../../kit/index.ts';
import type { ProductFields } from './contract.ts';
import { Product, registerProduct } from './domain.ts';

const terms = { insPrd: '20년', pmPrd: '20년', pmCyl: '월납', minEntAmt: 10_000, maxEntAmt: 100_000 };
const everybody = { ...terms, minEntAge: 15, maxEntAge: 70 };

/** The products that are there from the start: docs/contracts/insurance.md#catalogue */
const PRODUCTS: readonly Partial<ProductFields>[] = [
  { prdcd: 'P00000001', prdnm: '치아', ...everybody, prm: 30_000 },
  { prdcd: 'P00000002', prdnm: '암', ...everybody, prm: 50_000 },
  { prdcd: 'P00000003', prdnm: '치매·실버', ...terms, minEntAge: 40, maxEntAge: 80, prm: 70_000 },
  { prdcd: 'P00000004', prdnm: '건강', ...everybody, prm: 60_000 },
  { prdcd: 'P00000005', prdnm: '(무)재해사망보장', ...everybody, prm: 80_000 },
];

/** That the products were entered; a manager may have changed or deleted them since. */
interface Catalogue extends Identified {
  readonly name: 'first';
}
const Catalogue = aggregate<Catalogue>('Catalogue', { keyedBy: 'name' });

/** Enters the products once in the life of the store. Each has a key, so a start that was broken off does none twice. */
export async function enterProducts<C extends Record<string, unknown>>({ records }: Kit<C>): Promise<void> {
  if ((await records.findBy(Catalogue, 'name', 'first')).length > 0) return;
  for (const request of PRODUCTS) {
    const command = { cause: `first-${request.prdcd}`, fingerprint: 'first' };
    await records.create(Product, command, (id) => registerProduct(id, request));
  }
  const entered = (id: number) => decided<Catalogue>({ id, name: 'first' });
  await records.create(Catalogue, { cause: 'first' }, entered, { key: 'first' });
}
