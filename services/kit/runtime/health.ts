import express, { type RequestHandler, Router } from 'express';
import { whenOver } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { activity } from '../telemetry/activity.ts';
import { metrics } from '../telemetry/metrics.ts';
import type { Clock } from './clock.ts';

/** How long an event waits for the start before it is given back. */
const EVENTS_MS = 5_000;
/** An outbox whose first event has waited longer makes no progress. */
const STALLED_SECONDS = 30;

/** How a service stands: whether it can work, and whether what it has begun makes progress. */
export interface Standing {
  /** What it waits for before it can take requests; undefined: it is ready. */
  readonly waitingFor: string | undefined;
  readonly outbox: { readonly backlog: number; readonly oldestSeconds: number; readonly stalled?: string | undefined };
  readonly consumer?: Readonly<Record<string, unknown>> & { readonly stalled?: string | undefined };
  /** Events that are kept and tried again. */
  readonly deferred?: { readonly deferred_waiting: number; readonly deferred_oldest_seconds: number };
}

/** Why the outbox makes no progress; undefined: it does. */
const outboxStall = ({ outbox }: Standing): string | undefined =>
  outbox.stalled ??
  (outbox.oldestSeconds > STALLED_SECONDS
    ? `the oldest event waits for ${Math.round(outbox.oldestSeconds)} s`
    : undefined);

/**
 * Five questions that need neither store nor broker. GET /healthz: is it alive (204, always). GET /readyz: can it do a
 * command (204, or 503 and what it waits for); a broker that stands still does not make it unready. GET /status: JSON
 * for operators. GET /metrics: figures. GET /activity: what it does.
 */
export function health(standing: () => Standing): Router {
  const router = Router();
  router.get('/healthz', (_, response) => void response.status(204).end());
  router.get('/readyz', (_, response) => {
    const { waitingFor } = standing();
    if (waitingFor === undefined) response.status(204).end();
    else response.status(503).type('text/plain').send(`waits for ${waitingFor}\n`);
  });
  router.get('/status', (_, response) => {
    const now = standing();
    response.json({
      ready: now.waitingFor === undefined,
      waitingFor: now.waitingFor ?? null,
      outbox: { ...now.outbox, stalled: outboxStall(now) ?? null },
      consumer: { ...now.consumer, stalled: now.consumer?.stalled ?? null },
      deferred: {
        waiting: now.deferred?.deferred_waiting ?? 0,
        oldestSeconds: now.deferred?.deferred_oldest_seconds ?? 0,
      },
    });
  });
  return router.use(
    metrics(() => gaugesOf(standing())),
    activity(),
  );
}

const gaugesOf = (now: Standing) => ({
  ready: { help: 'Whether it can do a command.', value: now.waitingFor === undefined ? 1 : 0 },
  outbox_backlog: { help: 'Events that are committed and not yet published.', value: now.outbox.backlog },
  outbox_oldest_seconds: { help: 'For how long the first of them has waited.', value: now.outbox.oldestSeconds },
  outbox_stalled: { help: 'Whether publishing makes no progress.', value: outboxStall(now) ? 1 : 0 },
  consumer_stalled: { help: 'Whether the handling of events makes no progress.', value: now.consumer?.stalled ? 1 : 0 },
  deferred_waiting: { help: 'Events that are kept and tried again.', value: now.deferred?.deferred_waiting ?? 0 },
  deferred_oldest_seconds: {
    help: 'For how long the first of them has waited.',
    value: now.deferred?.deferred_oldest_seconds ?? 0,
  },
});

/**
 * In front of all other routes, until the start has ended. The sidecar asks once for subscriptions, so that answer waits
 * until they are known; events wait a little and are then given back; everything else is 503.
 * @param named settled when the names of the components are known
 */
export function beforeStart(named: Promise<void>, standing: () => Standing, clock: Clock): RequestHandler[] {
  const isReady = (): boolean => standing().waitingFor === undefined;
  const subscriptions: RequestHandler = (request, _, next) => {
    if (request.path === '/dapr/subscribe') void named.then(() => next());
    else next();
  };
  const events: RequestHandler = (request, response, next) => {
    if (isReady() || request.path !== '/events') return next();
    const began = clock.monotonic();
    const stop = clock.every(50, () => {
      if (!isReady() && clock.monotonic() - began < EVENTS_MS) return;
      stop();
      next();
    });
    whenOver(request, response, stop);
  };
  const giveBack: RequestHandler = (request, response, next) => {
    if (isReady() || request.path !== '/events') return next();
    const { entries = [] } = (request.body ?? {}) as { entries?: readonly { entryId: string }[] };
    response.json({ statuses: entries.map(({ entryId }) => ({ entryId, status: 'RETRY' })) });
  };
  const others: RequestHandler = ({ path }, _, next) => {
    const { waitingFor } = standing();
    if (waitingFor === undefined || /^\/(dapr|configuration)\//.test(path)) return next();
    throw new Problem(503, 'Service Unavailable', `It waits for ${waitingFor}; please try again in a moment.`, {
      retryAfterSeconds: 1,
    });
  };
  const body = express.json({ limit: '16mb', type: () => true });
  const bodyOfEvents: RequestHandler = (request, response, next) => {
    if (isReady() || request.path !== '/events') next();
    else body(request, response, next);
  };
  return [subscriptions, events, bodyOfEvents, giveBack, others];
}
