import type { Request } from 'express';
import { z } from 'zod';
import { wholeNumber } from '../domain/schema.ts';
import { parseQuery } from './body.ts';

/** Which part of a collection a client asks for. */
export interface Paging {
  readonly number: number;
  readonly size: number;
  readonly descending: boolean;
  /** False: nothing was said, so where the contract has plain lists the answer is one. */
  readonly isAsked: boolean;
}

const Query = z.looseObject({
  page: wholeNumber({ min: 0, max: 1e12 }).optional(),
  size: wholeNumber({ min: 1, max: 200 }).optional(),
  sort: z.enum(['id', 'id,asc', 'id,desc'], { error: 'can only be id,asc or id,desc' }).default('id,asc'),
});

/** @throws InvalidInput */
export function pagingOf(request: Request): Paging {
  const { page, size, sort } = parseQuery(Query, request);
  return {
    number: page ?? 0,
    size: size ?? 20,
    descending: sort === 'id,desc',
    isAsked: page !== undefined || size !== undefined,
  };
}
