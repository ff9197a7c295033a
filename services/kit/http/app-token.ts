import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler } from 'express';
import { Problem } from './problem.ts';

/** What tells nobody anything but how the service is: for probes and for who collects figures, neither of whom has the token. */
const OPEN: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/**
 * Says whether a request shows the token with which a sidecar calls its app (daprd's APP_API_TOKEN), in a time that does
 * not tell how much of it was right.
 * @param token undefined or empty: no token is asked for, and every request passes
 */
export function showsToken(token: string | undefined): (headers: IncomingHttpHeaders) => boolean {
  if (!token) return () => true;
  const wanted = Buffer.from(token);
  return ({ 'dapr-api-token': shown }) => {
    if (typeof shown !== 'string') return false;
    const bytes = Buffer.from(shown);
    return bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
  };
}

/**
 * Refuses whoever is not the app's own sidecar with 403, at every path but /healthz, /readyz and /metrics.
 * @param token undefined or empty: nothing stands in the way of a request
 */
export function sidecarOnly(token: string | undefined): RequestHandler[] {
  if (!token) return [];
  const isSidecar = showsToken(token);
  return [
    ({ headers, path }, _, next) => {
      if (isSidecar(headers) || OPEN.has(path)) return next();
      throw new Problem(403, 'Forbidden', 'Only the sidecar of this service is answered here: send its token.');
    },
  ];
}
