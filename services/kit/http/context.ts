import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import { ClientGone } from '../errors.ts';
import { watchCommand } from '../telemetry/activity.ts';
import { type Asked, CAUSATION_HEADER, continueTrace, requestSignal, withTrace } from '../telemetry/telemetry.ts';

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
  ) {
    this.traceparent = continueTrace(request.headers.traceparent).traceparent;
    this.isRead = request.method === 'GET' || request.method === 'HEAD';
    const given = request.headers['x-request-id'];
    this.requestId = typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
    const cause = request.headers[CAUSATION_HEADER];
    this.causationId = typeof cause === 'string' ? cause.slice(0, 300) : this.requestId;
  }

  /** Made when somebody asks for it: most commands never do. */
  get signal(): AbortSignal {
    if (!this.controller) {
      const controller = new AbortController();
      this.controller = controller;
      const end = (): void => controller.abort(new ClientGone());
      const late = this.isRead ? setTimeout(end, READ_MS) : undefined;
      whenOver(this.request, this.response, () => {
        clearTimeout(late);
        end();
      });
    }
    return this.controller.signal;
  }
}

/** First in every app: continues the caller's trace, names the request, and watches whether its client is still there. */
export const traced: RequestHandler = (request, response, next) => {
  const context = new RequestContext(request, response);
  request.headers['x-request-id'] = context.requestId;
  response.set('x-request-id', context.requestId);
  watchCommand(request, response, context.requestId, context);
  withTrace(context, next);
};

/**
 * Waits, as long as the client that asked does.
 * @throws ClientGone
 */
export async function pause(ms: number): Promise<void> {
  const signal = requestSignal();
  if (signal?.aborted) throw new ClientGone();
  if (ms <= 0) return;
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => {
    throw new ClientGone();
  });
}
