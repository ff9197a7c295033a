import { z } from 'zod';

/**
 * A whole number; numeric strings are accepted because the contracts' clients send them ("fee":"10000").
 * Bounded by what survives JSON and every store unchanged.
 */
export const integer = z.preprocess(
  (value) => (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value),
  z.int({ error: 'must be a whole number, or a string of digits, between -9007199254740991 and 9007199254740991' }),
);

/** A text; at most 1,000 characters, so that a record stays small. */
export const text = z.string({ error: 'must be a text' }).max(1000, 'must be at most 1,000 characters');

/** A text that says something. */
export const name = text.trim().min(1, 'must not be empty');
