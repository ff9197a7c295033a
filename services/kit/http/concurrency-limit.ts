import type { RequestHandler } from 'express';
import { realContext } from '../runtime/context.ts';
import { requestContext } from '../telemetry/telemetry.ts';
import { isGone, whenOver } from './context.ts';
import { Problem } from './problem.ts';

/** How many may wait for a place at the same time; more would only wait in vain. */
const LONGEST_QUEUE = 1_000;

/**
 * A bulkhead: lets so many requests at a time through to the routes behind it. The others wait for their turn, at most
 * `patienceMs` milliseconds (0: not at all), and are then refused. `Sidecar.call` reads the refusal as that of an open
 * breaker: nothing was done. It stands behind `jsonBody`, or who sends slowly would keep the others out; a place is free
 * again when the answer is out or the client is gone, and who is gone does not wait.
 */
export function concurrencyLimit(limit: () => number, patienceMs = 0): RequestHandler {
  let running = 0;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    running--;
    while (waiting.length > 0 && running < limit()) waiting.shift()!();
  };
  return (request, response, next) => {
    const enter = (): void => {
      running++;
      whenOver(request, response, leave);
      if (!isGone(request, response)) next();
    };
    if (running < limit()) return enter();
    if (patienceMs === 0 || waiting.length >= LONGEST_QUEUE) return next(full());
    const leaveQueue = (): boolean => {
      stop();
      const place = waiting.indexOf(turn);
      if (place >= 0) waiting.splice(place, 1);
      return place >= 0;
    };
    const turn = (): void => {
      stop();
      enter();
    };
    const stop = (requestContext() ?? realContext).clock.after(patienceMs, () => {
      if (leaveQueue()) next(full());
    });
    waiting.push(turn);
    whenOver(request, response, leaveQueue);
  };
}

const full = (): Problem =>
  new Problem(
    503,
    'Service Unavailable',
    'There are too many requests at once. Nothing was changed; please try again in a moment.',
    { retryAfterSeconds: 1 },
  );
