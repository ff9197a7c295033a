import type { IncomingHttpHeaders } from 'node:http';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const EXPOSED = 'allow, etag, location, retry-after, www-authenticate, x-request-id';

/**
 * Open to every origin, with credentials (docs/contracts/README.md#entrance). The origin is named, since `*` excludes credentials.
 * @returns what every answer to this request carries, refusals included
 */
export function corsOf({ origin }: IncomingHttpHeaders): Readonly<Record<string, string>> {
  if (!origin || !/^[\x21-\x7e]{1,300}$/.test(origin)) return { vary: 'Origin' };
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
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
