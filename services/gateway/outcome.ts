import {
  ANSWERED_BY,
  ANSWERED_BYTES,
  type CalleeUnavailable,
  ClientGone,
  calleeUnavailable,
  log,
  Problem,
  REFUSED_WITH,
  reason,
  type SidecarAnswer,
} from '../kit/index.ts';
import type { Exchange } from './exchange.ts';
import { passedBack } from './headers.ts';

/**
 * The answer of a service as it gave it: what was a refusal is one again.
 * @throws Problem: half of it is missing
 */
export function wholeAnswer(exchange: Exchange, appId: string, answer: SidecarAnswer, isLate: boolean): SidecarAnswer {
  const bytes = answer.headers[ANSWERED_BYTES];
  const isHalf = answer.broken || (bytes !== undefined && Number(bytes) !== answer.body.length);
  if (isHalf) throw unfinished(exchange, `${appId} ${isLate ? 'is too slow' : 'broke off its work'}`);
  const refused = answer.headers[ANSWERED_BY] ? answer.headers[REFUSED_WITH] : undefined;
  return refused === undefined ? answer : { ...answer, status: Number(refused) };
}

/** What the client is told of a call that brought no answer. */
export function failure(exchange: Exchange, appId: string, error: unknown, isLate: boolean): Problem | ClientGone {
  if (error instanceof Problem) return error;
  if (exchange.isGone) return new ClientGone();
  if (isLate) return unfinished(exchange, `${appId} is too slow`);
  log.warn('the sidecar does not answer', { callee: appId, reason: reason(error) });
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'
    ? untouched(exchange, 'The entrance cannot reach its sidecar', 1)
    : unfinished(exchange, 'The entrance cannot reach its sidecar');
}

/** What the service said goes back; what the sidecar said in its stead is a problem of ours. */
export function passBack(exchange: Exchange, appId: string, answer: SidecarAnswer): void {
  if (answer.headers[ANSWERED_BY]) {
    exchange.answer(answer.status, passedBack(answer.headers), answer.body);
    return;
  }
  if (answer.status < 300) throw unfinished(exchange, `${appId} broke off its work`);
  const text = answer.body.toString('utf8', 0, 4_096);
  const error = failureOf(appId, text);
  log.warn('a service cannot be reached', { callee: appId, status: answer.status, reason: text.slice(0, 300) });
  if (error?.reached === false) throw untouched(exchange, error.message, error.retryAfterSeconds);
  throw unfinished(exchange, error?.message ?? `${appId} does not answer as agreed`);
}

/**
 * Reads the sidecar's word on a failed invocation. It quotes the address it called, which a client chose: that is taken
 * out first, or the client would choose the verdict.
 * @returns undefined when it is no such word
 */
export function failureOf(appId: string, text: string): CalleeUnavailable | undefined {
  const message = messageIn(text);
  return message === undefined ? undefined : calleeUnavailable(appId, message.replaceAll(/"https?:\/\/[^"]*"/g, ''));
}

function messageIn(text: string): string | undefined {
  try {
    const { errorCode, message } = JSON.parse(text) as { errorCode?: unknown; message?: unknown };
    return typeof errorCode === 'string' && typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

/** Nothing was begun. */
const untouched = ({ isRead }: Exchange, what: string, retryAfterSeconds: number): Problem =>
  new Problem(
    503,
    'Service Unavailable',
    `${what}. ${isRead ? 'Please' : 'Nothing was changed; please'} try again in a moment.`,
    { retryAfterSeconds },
  );

/** Something was begun, and how it ended is not known. */
export const unfinished = ({ isRead }: Exchange, what: string): Problem =>
  isRead
    ? new Problem(503, 'Service Unavailable', `${what}. Please try again in a moment.`, { retryAfterSeconds: 1 })
    : new Problem(
        503,
        'Service Unavailable',
        `${what}; whether it was done is not known. Please try again in a moment, with the same Idempotency-Key if you sent one.`,
        { retryAfterSeconds: 1, outcome: 'unknown' },
      );
