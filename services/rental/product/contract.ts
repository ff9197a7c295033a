import { z } from 'zod';
import { event, name, positive, text } from '../../kit/domain/index.ts';
import { storedPieces } from '../shared/pieces.ts';

/** Without `qty` the configured quantity is registered. */
export const ProductBody = z.object({ name, qty: storedPieces.optional() });
export type ProductBody = z.output<typeof ProductBody>;

/** A product as clients see it. */
export const ProductAnswer = z.object({ id: positive, name: text, qty: storedPieces });

/** A product was registered. Later changes do not publish it. */
export const ProductSaved = event('ProductSaved', ProductAnswer);
export type ProductSaved = z.output<typeof ProductSaved.schema>;
