import { integer } from '../../kit/domain/index.ts';

/** How many pieces of a product are ordered. */
export const orderedPieces = integer.refine((value) => value > 0, 'must be 1 or more').meta({ minimum: 1 });

/** How many pieces of a product there are. */
export const storedPieces = integer.refine((value) => value >= 0, 'must be 0 or more').meta({ minimum: 0 });
