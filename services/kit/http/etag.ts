import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { canonical } from './json.ts';
import { Problem } from './problem.ts';

/** The strong entity tag of a record as it is shown: the same wherever and in whatever order of keys it was stored. */
export const etagOf = (shown: object): string =>
  `"${createHash('sha256').update(canonical(shown)).digest('base64url').slice(0, 27)}"`;

/** The entity tags of a header; a weak one keeps its `W/`. */
const tagsOf = (header: string): string[] => header.match(/\*|(W\/)?"[^"]*"/g) ?? [];

/**
 * Refuses a change that was meant for another state of the record (If-Match, RFC 9110 13.1.1). To be asked inside the
 * decision, which the document's own etag protects, so that nothing comes between question and change.
 * @throws Problem 412
 */
export function requireMatch(request: Request, shown: object | undefined): void {
  const wanted = request.get('if-match');
  if (wanted === undefined) return;
  const tags = tagsOf(wanted);
  if (shown && (tags.includes('*') || tags.includes(etagOf(shown)))) return;
  throw new Problem(
    412,
    'Precondition Failed',
    'The record has changed since it was read with this ETag; read it again and decide anew. Nothing was changed.',
  );
}

/** Sends the body under its entity tag; 304 to a GET that has it already (If-None-Match). */
export function sendTagged(request: Request, response: Response, shown: object, body: object): void {
  const tag = etagOf(shown);
  response.set('etag', tag);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const known = isRead ? tagsOf(request.get('if-none-match') ?? '') : [];
  if (known.some((one) => one === '*' || one.replace(/^W\//, '') === tag)) response.status(304).end();
  else response.json(body);
}
