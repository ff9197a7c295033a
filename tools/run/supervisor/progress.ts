import { z } from 'zod';
import type { Lag } from './lag.ts';

/** Whether a service that runs makes progress, in words. Pure but for `askService`. */

/** What GET /status of a service says; each service adds what it has. */
const stalled = z.union([z.string(), z.boolean()]).nullish();
const Standing = z.looseObject({
  ready: z.boolean(),
  waitingFor: z.string().nullish(),
  outbox: z.looseObject({ backlog: z.number(), oldestSeconds: z.number(), stalled }).nullish(),
  consumer: z.looseObject({ stalled, reason: z.string().nullish() }).nullish(),
  deferred: z
    .union([z.number(), z.looseObject({ waiting: z.number(), oldestSeconds: z.number().nullish() })])
    .nullish(),
  deadLetters: z.number().nullish(),
});
export type Standing = z.output<typeof Standing>;

/** What a service said of itself; undefined where that is something else. */
export const standingOf = (said: unknown): Standing | undefined => Standing.safeParse(said).data;

export interface Progress {
  readonly healthy: boolean;
  /** `ready`, `not ready: ...` or `stalled: ...`, and what else an operator should know. */
  readonly words: string;
}

/** Committed events that wait longer are not on their way: the broker does not take them. */
const OUTBOX_SECONDS = 60;
/** What waits for a record becomes a dead letter after 15 minutes; what waits longer waits for a callee, or nobody tries it. */
const DEFERRED_SECONDS = 20 * 60;

/**
 * @param standing what the service says of itself; undefined when it does not answer
 * @param lag how far it is behind the topic; `stands` when nothing was handled between two looks
 */
export function progressOf(standing: Standing | undefined, lag?: Lag & { readonly stands: boolean }): Progress {
  if (!standing) return { healthy: false, words: 'not ready: it does not answer' };
  const { outbox, consumer } = standing;
  const deferred = typeof standing.deferred === 'number' ? { waiting: standing.deferred } : standing.deferred;
  const oldest = deferred && 'oldestSeconds' in deferred ? (deferred.oldestSeconds ?? 0) : 0;
  const why = (said: string | boolean | null | undefined, otherwise: string): string =>
    typeof said === 'string' ? said : otherwise;
  const stalls = [
    ...(outbox?.stalled || (outbox?.oldestSeconds ?? 0) > OUTBOX_SECONDS
      ? [`outbox (${why(outbox?.stalled, `its oldest event waits for ${Math.round(outbox?.oldestSeconds ?? 0)} s`)})`]
      : []),
    ...(consumer?.stalled ? [`consumer (${why(consumer.stalled, consumer.reason ?? 'it handles nothing')})`] : []),
    ...(lag?.stands ? [`consumer (${lag.events} events wait, and none was handled since the last look)`] : []),
    ...(oldest > DEFERRED_SECONDS ? [`deferred (the oldest event waits for ${Math.round(oldest / 60)} min)`] : []),
  ];
  const letters = standing.deadLetters ?? 0;
  const besides = [
    ...(lag && lag.events > 0 && !lag.stands ? [`${lag.events} events behind`] : []),
    ...(deferred && deferred.waiting > 0 ? [`${deferred.waiting} deferred`] : []),
    ...(letters > 0 ? [`${letters} dead letter${letters === 1 ? '' : 's'}`] : []),
  ];
  const state =
    stalls.length > 0
      ? `stalled: ${stalls.join(', ')}`
      : standing.ready
        ? 'ready'
        : `not ready: it waits for ${standing.waitingFor ?? 'its start'}`;
  return { healthy: standing.ready && stalls.length === 0, words: [state, ...besides].join('; ') };
}

/** What a service says of itself; of one without /status, what /readyz and /metrics tell. Undefined: no answer in time. */
export async function askService(port: number, headers: Record<string, string> = {}): Promise<Standing | undefined> {
  const ask = (path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers, signal: AbortSignal.timeout(2_000) });
  try {
    const answer = await ask('/status');
    const said = answer.ok ? standingOf(await answer.json()) : undefined;
    if (said) return said;
    const [readyz, metrics] = await Promise.all([ask('/readyz'), ask('/metrics').then((one) => one.text())]);
    const waitingFor = readyz.ok ? undefined : (await readyz.text()).trim().replace(/^waits for /, '');
    const gauge = (name: string): number => Number(new RegExp(`^madang_${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? 0);
    const outbox = { backlog: gauge('outbox_backlog'), oldestSeconds: gauge('outbox_oldest_seconds') };
    // Without an own word on readiness (404) a service that answers is ready.
    const ready = readyz.ok || readyz.status === 404;
    return { ready, outbox, ...(waitingFor ? { waitingFor } : {}) };
  } catch {
    return undefined;
  }
}

/** An entrance is healthy when a client gets through it: GET / with 200, in 2 s. */
export async function askEntrance(port: number): Promise<Standing> {
  try {
    const { status } = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) });
    if (status === 200 || status === 401) return { ready: true };
    return { ready: false, waitingFor: `a good answer to GET /: it is ${status}` };
  } catch {
    return { ready: false, waitingFor: 'an answer to GET /: there was none in 2 s' };
  }
}
