import type { Request } from 'express';
import { queryOf } from './body.ts';
import { Problem } from './problem.ts';

/** The parameter of a search. @throws Problem 400 when it is missing, empty or there twice */
export function soughtValue(request: Request, field: string): string {
  const value = queryOf(request)[field];
  if (value) return value;
  throw new Problem(400, 'Bad Request', `${field} is missing; ask with ?${field}=...`, {
    errors: [{ field, message: 'is missing' }],
  });
}
