import type { Request, RequestHandler, Response } from 'express';
import { type Clock, realClock } from '../runtime/clock.ts';
import { requestContext } from '../telemetry/telemetry.ts';
import { isGone, whenOver } from './context.ts';
import { Problem } from './problem.ts';

/** How many may wait for a place at the same time; more would only wait in vain. */
const LONGEST_QUEUE = 1_000;
/** Milliseconds that a command keeps its place at most after its client left: longer than any call it makes. */
const LONGEST_MS = 90_000;

/**
 * A bulkhead: lets so many requests at a time through to the routes behind it. The others wait for their turn, at most
 * `patienceMs` milliseconds (0: not at all), and are then refused. `Sidecar.call` reads the refusal as that of an open
 * breaker: nothing was done. It stands behind `jsonBody`, or who sends slowly would keep the others out. A place is free
 * again when its call has its answer: what a command does goes on when its client leaves, while a read ends with him.
 * Who is gone does not wait.
 * @param limit how many; asked each time, so it may follow the configuration
 */
export function concurrencyLimit(limit: () => number, patienceMs = 0): RequestHandler {
  let running = 0;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    running--;
    while (waiting.length > 0 && running < limit()) waiting.shift()!();
  };
  return (request, response, next) => {
    const clock = requestContext()?.clock ?? realClock;
    const enter = (): void => {
      if (isGone(request, response)) return;
      running++;
      whenDone(request, response, clock, leave);
      next();
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
    const stop = clock.after(patienceMs, () => {
      if (leaveQueue()) next(full());
    });
    waiting.push(turn);
    whenOver(request, response, leaveQueue);
  };
}

/** Does something once, when a call is done, whether or not its client still waits for the answer. */
function whenDone(request: Request, response: Response, clock: Clock, act: () => void): void {
  let endWait: (() => void) | undefined;
  let isDone = false;
  const done = (): void => {
    endWait?.();
    if (!isDone) act();
    isDone = true;
  };
  const { end } = response;
  const ended = (...of: unknown[]): unknown => {
    done();
    return Reflect.apply(end, response, of);
  };
  Object.assign(response, { end: ended });
  whenOver(request, response, () => {
    if (request.method === 'GET' || response.writableEnded) done();
    else if (!isDone) endWait = clock.after(LONGEST_MS, done);
  });
}

const full = (): Problem =>
  new Problem(
    503,
    'Service Unavailable',
    'There are too many requests at once. Nothing was changed; please try again in a moment.',
    { retryAfterSeconds: 1 },
  );
