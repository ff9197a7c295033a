import { z } from 'zod';
import { event, integer, name } from '../../kit/domain/index.ts';

const quantity = integer.refine((value) => value >= 0, 'must be 0 or more');

/** Without `qty` the configured quantity is registered. */
export const ProductBody = z.object({ name, qty: quantity.optional() });
export type ProductBody = z.output<typeof ProductBody>;

/** A product was registered. Later changes do not publish it. */
export const ProductSaved = event('ProductSaved', z.object({ id: integer, name: z.string(), qty: integer }));
export type ProductSaved = z.output<typeof ProductSaved.schema>;
