import { setTimeout as sleep } from 'node:timers/promises';

/** A request of a client. */
export interface ClientRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object | undefined;
  /** Milliseconds after which the client goes away. */
  readonly limitMs: number;
}

/** How a client reaches a system's entrance, and the time it lives in. */
export interface Way {
  /** Undefined: there was no whole answer. */
  ask(request: ClientRequest): Promise<{ readonly status: number; readonly text: string } | undefined>;
  /** Milliseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Over HTTP, to a system that runs. */
export const overHttp = (gateway: string): Way => ({
  ask: ({ method, path, headers = {}, body, limitMs }) =>
    fetch(gateway + path, {
      method,
      headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      signal: AbortSignal.timeout(limitMs),
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
      .then(async (answer) => ({ status: answer.status, text: await answer.text() }))
      .catch(() => undefined),
  now: () => Date.now(),
  sleep: (ms) => sleep(ms),
});
