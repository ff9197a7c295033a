import { randomBytes } from 'node:crypto';
import type { Request, Response } from 'express';
import { Router } from 'express';
import { type Trace, traceIdOf } from './telemetry.ts';

/** What a service did, for whoever watches the system at work. Times in milliseconds; `trace`: 32 hexadecimal digits. */
export type Activity =
  | {
      readonly kind: 'command';
      readonly trace: string | undefined;
      /** The request id: events that the command causes have it as `causationid`. */
      readonly id: string;
      /** Who caused it, where another service sent it: an event, or a command. */
      readonly cause: string | undefined;
      readonly method: string;
      readonly path: string;
      /** 0: the client did not wait for the answer. */
      readonly status: number;
      readonly ms: number;
      /** Why it was refused. */
      readonly why: string | undefined;
    }
  | {
      readonly kind: 'call';
      readonly trace: string | undefined;
      readonly cause: string | undefined;
      readonly callee: string;
      readonly path: string;
      readonly outcome: 'done' | 'open' | 'timeout' | 'down' | 'nonsense';
      readonly ms: number;
    }
  | {
      readonly kind: 'published';
      readonly trace: string | undefined;
      readonly event: Happened;
      readonly data?: unknown;
    }
  | {
      readonly kind: 'acted';
      readonly trace: string | undefined;
      readonly event: Happened;
      readonly as: 'policy' | 'view';
      readonly record: string | undefined;
      readonly key: string | undefined;
      /** `refused`: a rule said no. `waits`: it is deferred. `again`: the broker brings it again. */
      readonly outcome: 'done' | 'refused' | 'waits' | 'again' | 'dead';
      readonly why?: string | undefined;
    }
  | { readonly kind: 'dead'; readonly event: { readonly id: string; readonly type: string }; readonly why: string }
  | {
      readonly kind: 'configuration';
      readonly keys: readonly string[];
      readonly outcome: 'taken' | 'refused';
      readonly why?: string;
    };

/** An event, by its attributes. */
export interface Happened {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly cause: string | undefined;
  readonly time: string | undefined;
}

/** Entries that are kept, whoever listens. */
const KEPT = 1_024;
const FLUSH_MS = 100;
const HEARTBEAT_MS = 15_000;
const LISTENERS = 4;
/** Bytes that wait for a listener; one that reads more slowly is left out of what comes meanwhile. */
const UNREAD = 1024 * 1024;
/** Characters of an event whose data is shown: the ring stays small whatever is published. */
const SHOWN = 4_096;

interface Listener {
  readonly response: Response;
  next: number;
}

const boot = randomBytes(4).toString('hex');
const ring: { at: number; entry: Activity }[] = [];
const listeners = new Set<Listener>();
let count = 0;
let timer: NodeJS.Timeout | undefined;

/** Notes what was done. It costs a place in a ring; texts are made only while somebody listens. */
export function did(entry: Activity): void {
  ring[count++ % KEPT] = { at: Date.now(), entry };
}

/** Notes that the broker took an event. `text`: the event as JSON. */
export function published(event: Readonly<Record<string, unknown>>, text: string): void {
  const trace = traceIdOf(event.traceparent);
  const happened = happenedOf(event);
  did({ kind: 'published', trace, event: happened, ...(text.length <= SHOWN ? { data: event.data } : {}) });
}

/** The attributes of a CloudEvent that say what happened, and why. */
export function happenedOf({ id, type, subject, causationid, time }: Readonly<Record<string, unknown>>): Happened {
  return {
    id: short(id) ?? '',
    type: short(type) ?? '',
    subject: short(subject) ?? '',
    cause: short(causationid),
    time: short(time),
  };
}

/** Notes a command once its answer is out; what the sidecar and the broker ask is none. */
export function watchCommand(
  request: Request,
  response: Response,
  id: string,
  { traceparent, causationId }: Trace,
): void {
  const { method } = request;
  const path = request.originalUrl.split('?', 1)[0] ?? '';
  if (method === 'GET' || method === 'HEAD' || /^\/(events$|dapr\/|configuration\/)/.test(path)) return;
  const began = performance.now();
  response.once('close', () => {
    const cause = causationId === id ? undefined : causationId;
    const status = response.writableFinished ? response.statusCode : 0;
    const ms = performance.now() - began;
    const why = short(response.locals.why);
    did({
      kind: 'command',
      trace: traceIdOf(traceparent),
      id,
      cause,
      method,
      path: path.slice(0, 300),
      status,
      ms,
      why,
    });
  });
}

const short = (value: unknown): string | undefined => (typeof value === 'string' ? value.slice(0, 300) : undefined);

/**
 * GET /activity: what this service did, as server-sent events: first the last entries, then what comes, ten times a second.
 * Each has `{ leftOut, entries }`; `leftOut` says how many entries came too fast to be kept. A listener that comes again
 * with the `Last-Event-ID` it got gets nothing twice. It is not for clients: the gateway has no such route.
 */
export function activity(): Router {
  const router = Router();
  router.get('/activity', (request, response) => {
    if (listeners.size >= LISTENERS) {
      response.status(503).set('retry-after', '5').type('text/plain').send('Too many listen already.\n');
      return;
    }
    const [of, next] = (request.get('last-event-id') ?? '').split('.');
    const seen = of === boot && /^\d{1,15}$/.test(next ?? '') ? Math.min(Number(next), count) : undefined;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const listener = { response, next: seen ?? Math.max(count - KEPT, 0) };
    listeners.add(listener);
    response.once('close', () => {
      listeners.delete(listener);
      if (listeners.size === 0) clearInterval(timer);
    });
    if (listeners.size === 1) timer = setInterval(flushAll, FLUSH_MS).unref();
    response.write(':\n\n');
    flush(listener);
  });
  return router;
}

/** Lets go of who listens, so that the process can end. */
export function endActivity(): void {
  for (const { response } of listeners) response.end();
}

let beatAt = 0;

function flushAll(): void {
  const beat = Date.now() - beatAt > HEARTBEAT_MS;
  if (beat) beatAt = Date.now();
  for (const listener of listeners) {
    if (listener.next < count) flush(listener);
    else if (beat) listener.response.write(':\n\n');
  }
}

function flush(listener: Listener): void {
  if (listener.response.writableLength > UNREAD) return;
  const from = Math.max(listener.next, count - KEPT);
  const entries: unknown[] = [];
  for (let n = from; n < count; n++) {
    const { at, entry } = ring[n % KEPT]!;
    entries.push({ at, ...entry });
  }
  const leftOut = from - listener.next;
  listener.next = count;
  if (entries.length > 0)
    listener.response.write(`id: ${boot}.${count}\ndata: ${JSON.stringify({ leftOut, entries })}\n\n`);
}
