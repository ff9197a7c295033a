import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RequestHandler } from 'express';
import { ClientGone } from '../errors.ts';
import { type Context, realContext } from '../runtime/context.ts';
import { watchCommand } from '../telemetry/activity.ts';
import {
  type Asked,
  CAUSATION_HEADER,
  callersTrace,
  requestContext,
  requestSignal,
  withTrace,
} from '../telemetry/telemetry.ts';

/** A read that takes longer is given up: nobody waits for it any more. */
const READ_MS = 30_000;

const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * Does something once, when the exchange is over: its answer is out, or its client is gone. The connection is watched,
 * too, since an answer that is not the first in its connection's queue is never told that it closed.
 */
export function whenOver(request: IncomingMessage, response: ServerResponse, act: () => void): void {
  const { socket } = request;
  let acts = waiting.get(socket);
  if (!acts) {
    const all = new Set<() => void>();
    acts = all;
    waiting.set(socket, all);
    socket.once('close', () => {
      for (const each of [...all]) each();
    });
  }
  const all = acts;
  const once = (): void => {
    if (all.delete(once)) act();
  };
  all.add(once);
  response.once('close', once);
  if (socket.destroyed || response.closed) once();
}

/** True when nobody reads the answer any more. */
export const isGone = (request: IncomingMessage, response: ServerResponse): boolean =>
  (request.socket.destroyed || response.closed) && !response.writableFinished;

class RequestContext implements Asked {
  readonly traceparent: string;
  readonly requestId: string;
  readonly causationId: string;
  readonly isRead: boolean;
  private controller: AbortController | undefined;

  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    readonly context: Context,
  ) {
    this.traceparent = callersTrace(request.headers.traceparent).traceparent;
    this.isRead = request.method === 'GET' || request.method === 'HEAD';
    const given = request.headers['x-request-id'];
    this.requestId = typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : context.id();
    const cause = request.headers[CAUSATION_HEADER];
    this.causationId = typeof cause === 'string' ? cause.slice(0, 300) : this.requestId;
  }

  /** Made when somebody asks for it: most commands never do. */
  get signal(): AbortSignal {
    if (!this.controller) {
      const controller = new AbortController();
      this.controller = controller;
      const end = (): void => controller.abort(new ClientGone());
      const notLate = this.isRead ? this.context.clock.after(READ_MS, end) : undefined;
      whenOver(this.request, this.response, () => {
        notLate?.();
        end();
      });
    }
    return this.controller.signal;
  }
}

/** First in every app: continues the caller's trace, names the request, and watches whether its client is still there. */
export const tracedIn =
  (context: Context): RequestHandler =>
  (request, response, next) => {
    const asked = new RequestContext(request, response, context);
    request.headers['x-request-id'] = asked.requestId;
    response.set('x-request-id', asked.requestId);
    watchCommand(request, response, asked.requestId, asked);
    withTrace(asked, next);
  };

/** The same with time and chance of this machine. */
export const traced = tracedIn(realContext);

/**
 * Waits, as long as the client that asked does.
 * @throws ClientGone
 */
export async function pause(ms: number): Promise<void> {
  const signal = requestSignal();
  if (signal?.aborted) throw new ClientGone();
  if (ms <= 0) return;
  await (requestContext() ?? realContext).clock.sleep(ms, signal);
  if (signal?.aborted) throw new ClientGone();
}

/**
 * Waits a random time between two bounds, as long as the client that asked does.
 * @param least milliseconds
 * @param most milliseconds; 0: no wait at all, whatever `least` is
 * @throws ClientGone
 */
export function pauseBetween(least: number, most: number): Promise<void> {
  const random = (requestContext() ?? realContext).random();
  return pause(most > 0 ? least + random * Math.max(0, most - least) : 0);
}
