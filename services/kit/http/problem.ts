import type { ErrorRequestHandler, Response } from 'express';
import { RuleViolation } from '../domain/aggregate.ts';
import { CalleeProtocolError, CalleeUnavailable, ClientGone, InvalidInput, KitError, Unavailable } from '../errors.ts';
import { count, declare } from '../telemetry/metrics.ts';
import { correlationId, log, reason, requestId } from '../telemetry/telemetry.ts';
import { isGone } from './context.ts';

declare('refusals', 'Commands that a business rule refused, by status.', [
  { status: '404' },
  { status: '409' },
  { status: '422' },
]);

/** An answer that is not a success, as RFC 9457 wants it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
    readonly more: {
      errors?: readonly { field: string; message: string }[];
      retryAfterSeconds?: number;
      outcome?: 'unknown';
    } = {},
  ) {
    super(detail);
  }
}

/** The body of a problem, as JSON. `ids`: what leads to the request and to the log lines about it. */
export function problemBody(
  { status, title, message, more }: Problem,
  ids: { requestId?: string | undefined; correlationId?: string | undefined },
): string {
  const { retryAfterSeconds: _, ...rest } = more;
  return JSON.stringify({ type: 'about:blank', title, status, detail: message, ...rest, ...ids });
}

/** Sends a problem; the correlation id leads to the log lines. */
function sendProblem(response: Response, problem: Problem): void {
  const { retryAfterSeconds } = problem.more;
  if (retryAfterSeconds) response.set('retry-after', String(retryAfterSeconds));
  response.locals.why = problem.message;
  response
    .status(problem.status)
    .type('application/problem+json')
    .send(problemBody(problem, { requestId: requestId(), correlationId: correlationId() }));
}

const RULE_TITLES = { 404: 'Not Found', 409: 'Conflict', 412: 'Precondition Failed', 422: 'Unprocessable Content' };

/**
 * The problem an error is, seen from outside: never a stack trace or an inner text, never our 500 for somebody else's mistake.
 * @param method of the request: only what changes something can have an outcome that is not known
 */
export function problemOf(error: unknown, method = 'POST'): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof InvalidInput)
    return new Problem(400, 'Bad Request', error.message, error.errors.length ? { errors: error.errors } : {});
  if (error instanceof RuleViolation) return new Problem(error.status, RULE_TITLES[error.status], error.message);
  if (error instanceof Unavailable) return unavailable(error, method === 'GET' || method === 'HEAD');
  if (error instanceof KitError && error.code === 'STORE_REJECTED')
    return new Problem(422, 'Unprocessable Content', `${error.message}. Nothing was changed.`);
  if (error instanceof KitError && error.retryable)
    return new Problem(503, 'Service Unavailable', `${error.message}. Please try again in a moment.`, {
      retryAfterSeconds: 1,
    });
  return (
    unreadable(error) ??
    new Problem(500, 'Internal Server Error', 'Something failed on our side; the correlation id finds it in the logs.')
  );
}

function unavailable(error: Unavailable, isRead: boolean): Problem {
  const { retryAfterSeconds } = error;
  if (isRead)
    return new Problem(503, 'Service Unavailable', `${error.message}. Please try again in a moment.`, {
      retryAfterSeconds,
    });
  const isKnown =
    error.outcome === 'none' || (error instanceof CalleeUnavailable && !(error instanceof CalleeProtocolError));
  if (isKnown)
    return new Problem(
      503,
      'Service Unavailable',
      `${error.message}. Nothing was changed; please try again in a moment.`,
      { retryAfterSeconds },
    );
  return new Problem(
    503,
    'Service Unavailable',
    `${error.message}; whether it was done is not known. Please try again in a moment, with the same Idempotency-Key if you sent one.`,
    { retryAfterSeconds, outcome: 'unknown' },
  );
}

/** What Express and its body reader say of a request. */
function unreadable(error: unknown): Problem | undefined {
  const { status, type } = error as { status?: unknown; type?: unknown };
  if (error instanceof URIError)
    return new Problem(400, 'Bad Request', 'The path has a % that does not stand for a character.');
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  if (status === 413) return new Problem(413, 'Content Too Large', 'The body is larger than 256 kB; send less.');
  if (status === 415)
    return new Problem(
      415,
      'Unsupported Media Type',
      'The body is encoded in a way that is not read here; send it plain.',
    );
  return typeof type === 'string'
    ? new Problem(400, 'Bad Request', 'The body cannot be read: it is broken off, or not as its headers say.')
    : new Problem(400, 'Bad Request', 'The request cannot be read.');
}

/** What an operator has to know of a request that failed; a client's mistake is none of it. */
function logFailure(error: unknown, problem: Problem): void {
  if (error instanceof RuleViolation) count('refusals', { status: String(error.status) });
  else if (error instanceof CalleeProtocolError)
    log.error('a callee does not answer as agreed', { callee: error.callee, reason: reason(error) });
  else if (problem.status === 500 && !(error instanceof Problem))
    log.error('a request failed', { reason: reason(error), stack: (error as Error | undefined)?.stack });
  else if (error instanceof KitError && error.inner && !(error instanceof CalleeUnavailable))
    log.warn('a request could not be done', { code: error.code, reason: reason(error) });
}

/** Last of all: every error becomes a problem. */
export const asProblem: ErrorRequestHandler = (error, request, response, next) => {
  if (error instanceof ClientGone) {
    // Nobody reads it; it says that the work is over.
    if (isGone(request, response)) response.end();
    return;
  }
  const problem = problemOf(error, request.method);
  logFailure(error, problem);
  if (response.headersSent) next(error);
  else sendProblem(response, problem);
};
