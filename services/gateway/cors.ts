import type { IncomingHttpHeaders } from 'node:http';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const EXPOSED = 'allow, etag, location, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-request-id';

/**
 * Open to the pages of these origins, never with credentials: nothing here is known by a cookie, and a page that has a token
 * sends it itself (docs/contracts/README.md#entrance).
 * @param origins `*`, or a list parted by blanks or commas
 * @returns what every answer to this request carries, refusals included
 */
export function corsOf({ origin }: IncomingHttpHeaders, origins: string): Readonly<Record<string, string>> {
  const isOpen = origins === '*';
  if (!origin || !(isOpen || origins.split(/[ ,]+/).includes(origin))) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': isOpen ? '*' : origin,
    'access-control-expose-headers': EXPOSED,
  };
}

/** What a preflight is told beside `corsOf`; undefined when the request is none. */
export function preflight(
  method: string | undefined,
  headers: IncomingHttpHeaders,
): Record<string, string> | undefined {
  if (method !== 'OPTIONS' || !headers.origin || !headers['access-control-request-method']) return undefined;
  const wanted = headers['access-control-request-headers'] ?? '';
  return {
    'access-control-allow-methods': METHODS,
    ...(/^[\w!#$%&'*+.^`|~, -]{1,4000}$/.test(wanted) ? { 'access-control-allow-headers': wanted } : {}),
    'access-control-max-age': '600',
  };
}
