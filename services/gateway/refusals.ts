import { ClientGone, log, Problem, reason } from '../kit/index.ts';
import { Refused } from './admission.ts';
import type { Exchange } from './exchange.ts';

/** Nothing of an error but a problem reaches a client. */
export function refuse(exchange: Exchange, error: unknown): void {
  if (error instanceof ClientGone) return;
  if (error instanceof Refused) exchange.refuse(error, { 'www-authenticate': error.challenge });
  else if (error instanceof Problem) exchange.refuse(error);
  else {
    log.error('a request failed', { reason: reason(error), stack: error instanceof Error ? error.stack : undefined });
    const detail = 'Something failed on our side; the correlation id finds it in the logs.';
    exchange.refuse(new Problem(500, 'Internal Server Error', detail));
  }
}

/** 405, with what is used there instead. */
export function notAllowed(exchange: Exchange, methods: readonly string[]): Problem {
  exchange.headers.allow = methods.join(', ');
  const detail = `${exchange.request.method} is not used here; use one of ${methods.join(', ')}.`;
  return new Problem(405, 'Method Not Allowed', detail);
}

/** For whoever opens a connection beyond the limit. */
export const tooManyConnections = (): Problem =>
  new Problem(
    503,
    'Service Unavailable',
    'There are too many connections. Nothing was changed; please try again in a moment.',
    { retryAfterSeconds: 1 },
  );
