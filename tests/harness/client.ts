import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { running } from '../../tools/run/cli/client.ts';
import { changed, configuration } from '../../tools/run/supervisor/configuration.ts';
import { eventually, processes, ready, run } from './system.ts';

/** A client of one system's gateway, and what a test may do to the system's services. */

export type Fields = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Fields;
  readonly ms: number;
}

/** Ports of the gateways, without offset. */
export const PORTS = { lecture: 8088, reward: 8188, academy: 8288, insurance: 8388, rental: 8488 };
export type System = keyof typeof PORTS;

/** How long a client that insists goes on. */
const PATIENCE_MS = 20_000;

/** Requests to a gateway. */
interface Requests {
  /** Address of the gateway. */
  readonly GW: string;
  /** A request to the gateway. A text body goes as it is, anything else as JSON. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  /**
   * A request whose sender comes again when told to: callers give each callee a second or less, and a machine that is busy
   * for a moment takes longer. It answers 503 itself when that goes on for too long.
   */
  insist(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The newest rows of a collection: 100 or more, as far as there are so many. A page may have holes or be empty. */
  newest<T = Fields>(path: string): Promise<T[]>;
}

/** What a test may do to the services of a system. */
interface Operations {
  /** Does something while services are stopped; they are back before it returns, whatever happens. */
  without<T>(services: readonly string[], work: () => Promise<T>): Promise<T>;
  /** Does something while configuration values differ, once the services that read them have taken them; `before` are the values that come back. */
  configured<T>(values: Record<string, string>, before: Record<string, string>, work: () => Promise<T>): Promise<T>;
}

export interface Client extends Requests, Operations {}

export const client = (system: System): Client => ({
  ...requestsTo(`http://127.0.0.1:${PORTS[system] + Number(process.env.MADANG_PORT_OFFSET ?? 0)}`),
  ...operationsOn(system),
});

/**
 * Waits until services are ready and all sidecars of their system reach them: a sidecar that could not connect to an
 * address looks again only after a while (gRPC's back-off), and refuses calls until then (docs/decisions/0005).
 */
async function reachable(system: string, services: readonly string[]): Promise<void> {
  const all = (await processes()).filter(({ appId, state }) => appId.startsWith(`${system}-`) && state !== 'stopped');
  for (const one of all.filter(({ service }) => services.includes(service))) {
    await ready(one);
    for (const { daprHttpPort } of all)
      await eventually(async () => {
        const answer = await fetch(`http://127.0.0.1:${daprHttpPort}/v1.0/invoke/${one.appId}/method/healthz`);
        if (answer.status !== 204) throw new Error(`${one.appId}: ${answer.status} ${await answer.text()}`);
      }, 60_000);
  }
}

function requestsTo(GW: string): Requests {
  const call: Requests['call'] = async (method, path, body, headers = {}) => {
    const began = Date.now();
    const response = await fetch(GW + path, {
      method,
      signal: AbortSignal.timeout(20_000),
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const ms = Date.now() - began;
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : { text }, ms };
  };

  const get: Requests['get'] = (path, headers) => call('GET', path, undefined, headers);

  return {
    GW,
    call,
    get,
    async insist(...request) {
      for (const end = Date.now() + PATIENCE_MS; ; ) {
        const answer = await call(...request);
        const seconds = Number(answer.headers.get('retry-after'));
        if (answer.status !== 503 || !seconds || Date.now() > end) return answer;
        expectTryLater(answer);
        await sleep(1_000 * seconds);
      }
    },
    async newest<T>(path: string) {
      const found: T[] = [];
      let next: string | undefined = `${path}?sort=id,desc&size=100`;
      while (next && found.length < 100) {
        const answer: Answer = await get(next);
        found.push(...rows<T>(answer));
        next = (answer.body._links as { next?: { href: string } }).next?.href.replace(GW, '');
      }
      return found;
    },
  };
}

function operationsOn(system: System): Operations {
  return {
    async without(services, work) {
      for (const service of services) await run('stop', `${system}-${service}`);
      try {
        return await work();
      } finally {
        for (const service of services) await run('start', `${system}-${service}`);
        await reachable(system, services);
      }
    },
    async configured(values, before, work) {
      try {
        const { unconfirmed } = await changed(await running(), system, values, 40_000);
        expect(unconfirmed).toEqual([]);
        return await work();
      } finally {
        await configuration(await running(), system, before);
      }
    },
  };
}

/** The rows of a collection's answer. */
export function rows<T = Fields>({ body }: Answer): T[] {
  return Object.values(body._embedded as Record<string, T[]>)[0] ?? [];
}

/** A name nobody else has, so that a test finds its own records. */
export const someone = (name = 'john-doe'): string => `${name}-${randomUUID().slice(0, 8)}`;

/** A clear refusal: RFC 9457, no stack trace; `field` is the one at fault. */
export function expectProblem(answer: Answer, status: number | readonly number[], field?: string): void {
  const { body, headers } = answer;
  expect({ status: [status].flat().includes(answer.status) ? status : answer.status, body }).toMatchObject({ status });
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(body).toMatchObject({ status: answer.status, title: expect.any(String), detail: expect.any(String) });
  expect(JSON.stringify(body)).not.toMatch(/\bat .+:\d+:\d+/);
  if (field) {
    expect(body.detail).toContain(field);
    expect(body.errors).toContainEqual(expect.objectContaining({ field }));
  }
}

/**
 * Many ask a callee that is too slow, at once and again and again, until whoever asks is refused at once instead of cut
 * off. Whether it is so is measured with requests one after another, since in a crowd each waits for the processor, too;
 * the median counts, since the circuit breaker lets one through now and then, to see whether the callee has recovered.
 * @returns all answers
 */
export async function refusedAtOnce(crowd: number, ask: () => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  await eventually(async () => {
    answers.push(...(await Promise.all(Array.from({ length: crowd }, ask))));
    const single: Answer[] = [];
    while (single.length < 11) single.push(await ask());
    answers.push(...single);
    // Six of eleven: the median, and of refusals.
    expect(single.filter(({ status, ms }) => status === 503 && ms < 500).length).toBeGreaterThan(5);
  }, 30_000);
  return answers;
}

/** Turned away for a moment, with the advice to come again. */
export function expectTryLater(answer: Answer): void {
  expectProblem(answer, 503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(answer.body.detail).toMatch(/try again/);
}
