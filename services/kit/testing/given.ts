import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { z } from 'zod';
import { INTERNAL } from '../runtime/call-terms.ts';
import { realContext } from '../runtime/context.ts';
import type { Service } from '../runtime/definition.ts';
import { type App, assemble } from '../runtime/service.ts';
import { MemoryBackend } from './backend.ts';
import { unpaced } from './clock.ts';
import type { Answered } from './inject.ts';
import { asObject, parsed } from './json.ts';
import type { SidecarOptions } from './parts.ts';
import type { MemorySidecar } from './sidecar.ts';

/** How a service of a test is put together. */
export interface GivenOptions extends SidecarOptions {
  /** Its surroundings; one of its own where nothing is said. Services of one system are given the same. */
  readonly backend?: MemoryBackend;
  /** The name of the replica that survives a restart. */
  readonly instance?: string;
  /** Keys of the ConfigMap, set before it starts. */
  readonly configuration?: Readonly<Record<string, string>>;
}

/** What is in a resource or a problem. */
export type Fields = Readonly<Record<string, unknown>>;

/** An answer to a client: `body` has the fields of a JSON object, and `text` where it is anything else. */
export interface Reply<T = Fields> {
  readonly status: number;
  readonly headers: Answered['headers'];
  readonly body: T;
}

/** An event as another service would publish it. */
export interface EventToPublish {
  readonly type: string;
  readonly data: object;
  readonly id?: string;
  readonly version?: number;
  readonly subject?: string;
  readonly traceparent?: string;
}

/** A CloudEvent on the topic. */
export interface OnTopic {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly data: Record<string, unknown>;
  readonly [attribute: string]: unknown;
}

const SOURCE = 'test';
const PATIENCE_MS = 5_000;

/** A service that runs in this process beside a sidecar without a process. */
export class Given {
  private puts = 0;

  constructor(
    readonly backend: MemoryBackend,
    readonly sidecar: MemorySidecar,
    readonly app: App,
  ) {}

  /**
   * Sends a request to the service, as a client (behind the gateway) or another service would.
   * @typeParam T what the spec takes the body for; nothing checks it
   */
  async request<T = Fields>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string | string[]> = {},
  ): Promise<Reply<T>> {
    const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
    const answer = await this.sidecar.toApp({
      method,
      path,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: text,
    });
    const content = answer.body.toString();
    const fields = asObject(parsed(content)) ?? { text: content };
    return { status: answer.status, headers: answer.headers, body: fields as T };
  }

  /** The rows of a page. @throws when the answer is none */
  async rows<T = Fields>(path: string): Promise<readonly T[]> {
    const { status, body } = await this.request<{ _embedded?: Record<string, readonly T[]> }>('GET', path);
    const [rows] = Object.values(body._embedded ?? {});
    if (!rows) throw new Error(`GET ${path} has no rows but ${status} ${JSON.stringify(body)}`);
    return rows;
  }

  /** Puts an event on the system's topic and delivers what waits. */
  async publish(event: EventToPublish): Promise<void> {
    this.put(event);
    await this.settle();
  }

  /** Puts an event on the system's topic; `backend.deliver` brings it. @returns its id */
  put({ type, data, version = 1, subject = '', ...more }: EventToPublish): string {
    const id = more.id ?? `${SOURCE}/${this.puts++}`;
    const cloudEvent = {
      specversion: '1.0',
      source: SOURCE,
      datacontenttype: 'application/json',
      time: new Date(this.backend.now()).toISOString(),
      ...more,
      id,
      type,
      subject,
      aggregateversion: version,
      data: { eventType: type, ...data },
    };
    this.backend.broker.append(this.sidecar.system, { key: id, data: Buffer.from(JSON.stringify(cloudEvent)) });
    return id;
  }

  /** Puts any bytes on the system's topic. */
  putRaw(data: string | Buffer): void {
    this.backend.broker.append(this.sidecar.system, { data: Buffer.from(data) });
  }

  /** Delivers until no subscriber has anything left, and what the services publish meanwhile. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 5; ) {
      const before = this.backend.activity;
      await this.backend.settle();
      await turn();
      quiet = this.backend.activity === before && this.backend.underWay === 0 ? quiet + 1 : 0;
    }
  }

  /** Waits until a check passes, delivering meanwhile. @throws what the check threw last */
  async eventually<T>(check: () => T | Promise<T>, limitMs = PATIENCE_MS): Promise<T> {
    for (const end = performance.now() + limitMs; ; ) {
      await this.settle();
      try {
        return await check();
      } catch (error) {
        if (performance.now() > end) throw error;
        await sleep(2);
      }
    }
  }

  /** What this service's documents are now, by key. */
  documents(): Record<string, unknown> {
    const prefix = `${this.sidecar.appId}||`;
    const own = [...this.sidecar.store.entries()].filter(([key]) => key.startsWith(prefix));
    return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), JSON.parse(value)]));
  }

  /** The events that services (not the test) have put on a topic, of a type where one is named. */
  published(type?: string, topic = this.sidecar.system): OnTopic[] {
    return this.backend.broker
      .messages(topic)
      .map(({ data }) => parsed(data.toString()) as unknown as OnTopic)
      .filter((event) => event?.source !== SOURCE && (type === undefined || event?.type === type));
  }

  /** Ends the service as SIGTERM does. */
  async close(): Promise<void> {
    await this.app.close();
    this.sidecar.detach();
    this.backend.remove(this.sidecar);
  }

  /** Ends the service as kill -9 does: what it was doing stays undone, and whoever calls it is not answered. */
  kill(): void {
    this.sidecar.cut();
    this.backend.remove(this.sidecar);
    // Stops the timers of what shares this process; nothing it does reaches anything any more.
    void this.app.close();
  }
}

/** Starts a service on surroundings of its own, or on those given. */
export async function given<S extends z.ZodObject>(
  appId: string,
  definition: Service<S>,
  options: GivenOptions = {},
): Promise<Given> {
  const { backend = new MemoryBackend(), instance = `${appId}-1`, configuration = {}, ...beside } = options;
  for (const [key, value] of Object.entries(configuration)) await backend.configuration.set(key, value);
  const declared = Object.entries(definition.calls ?? {}).map(
    ([callee, { paths = INTERNAL }]) => [callee, { paths, ...beside.callees?.[callee] }] as const,
  );
  const callees = { ...beside.callees, ...Object.fromEntries(declared) };
  const sidecar = backend.sidecar(appId, { ...beside, callees });
  const context = { ...realContext, clock: unpaced(realContext.clock) };
  const app = assemble(definition, { dapr: sidecar, appId, instance, context });
  await app.start();
  await sidecar.attach(app.app);
  return new Given(backend, sidecar, app);
}
