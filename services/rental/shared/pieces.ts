import { nonNegative, positive } from '../../kit/domain/index.ts';

/** How many pieces of a product are ordered. */
export const orderedPieces = positive;

/** How many pieces of a product there are. */
export const storedPieces = nonNegative;
