import express, { type Express } from 'express';
import type { SidecarAnswer, Transport } from '../../dapr/transport.ts';
import type { BrokerKind } from '../broker.ts';
import { asObject, parsed } from '../json.ts';
import type { StoreKind } from '../store.ts';

/** App ids and topics that a subject has; its components are called `probe-state`, `probe-pubsub`, `probe-configuration`. */
export const CALLEE = 'probe-callee';
export const RAW_TOPIC = 'probe';
export const PARSED_TOPIC = 'probe-parsed';
/** The caller's rule for the callee: so long it waits, and after so many failures in a row on a path it does not ask. */
export const CALLEE_TIMEOUT_MS = 1_500;
export const CALLEE_FAILURES = 2;
/** What its configuration store holds. */
export const CONFIGURATION = { PROBE_ONE: '1', PROBE_TEXT: 'a b||c' } as const;

/** What the app of a subject got of one delivery. */
export interface Batch {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Record<string, unknown>;
}

/** One entry of a delivery. */
export interface Entry {
  readonly entryId: string;
  readonly event: unknown;
  readonly contentType: string;
  readonly metadata: Record<string, string>;
}

/** The app beside the sidecar that is looked at: it keeps what it gets, and answers what a case wants. */
export class ProbeApp {
  readonly app: Express = express();
  readonly batches: Batch[] = [];
  readonly configuration: { path: string; body: unknown }[] = [];
  /** How a delivery is answered. */
  reply: (entries: readonly Entry[]) => 'statuses' | 'error' | 'unknown' | 'break' | 'text' | 'empty' = () =>
    'statuses';
  /** What is answered for an entry. */
  outcome: (entry: Entry) => string = () => 'SUCCESS';

  constructor() {
    this.app.get('/dapr/subscribe', (_, response) => {
      const bulkSubscribe = { enabled: true, maxMessagesCount: 100, maxAwaitDurationMs: 100 };
      const raw = { pubsubname: 'probe-pubsub', topic: RAW_TOPIC, route: '/raw', metadata: { rawPayload: 'true' } };
      const cloudEvents = { pubsubname: 'probe-pubsub', topic: PARSED_TOPIC, route: '/parsed' };
      response.json([raw, cloudEvents].map((subscription) => ({ ...subscription, bulkSubscribe })));
    });
    this.app.use(express.json({ limit: '8mb', type: () => true }));
    this.app.post(['/raw', '/parsed'], (request, response) => {
      const entries = entriesOf(request.body);
      this.batches.push({ headers: request.headers, body: request.body });
      const reply = this.reply(entries);
      if (reply === 'break') return void request.socket.destroy();
      if (reply === 'error') return void response.status(500).json({});
      if (reply === 'unknown') return void response.status(404).end();
      if (reply === 'text') return void response.send('fine');
      if (reply === 'empty') return void response.status(200).end();
      response.json({ statuses: entries.map((entry) => ({ entryId: entry.entryId, status: this.outcome(entry) })) });
    });
    this.app.post('/configuration/:store/:key', (request, response) => {
      this.configuration.push({ path: request.path, body: request.body });
      response.status(200).end();
    });
  }

  /** The entries it got so far, in order, whose bytes contain this text. */
  entries(about: string): Entry[] {
    return this.batches.flatMap(({ body }) => entriesOf(body)).filter((entry) => textOf(entry).includes(about));
  }
}

const entriesOf = (body: unknown): Entry[] => (asObject(body)?.entries ?? []) as Entry[];

/** What was on the topic. */
export const textOf = ({ event }: Entry): string =>
  typeof event === 'string' ? Buffer.from(event, 'base64').toString() : JSON.stringify(event);

/** The app that is called: it says what it saw, or behaves as the query asks. */
export function calleeApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(express.text({ type: () => true }));
  app.use((request, response) => {
    const { behave, status } = request.query;
    if (behave === 'hang') return;
    if (behave === 'break') return void request.socket.destroy();
    if (behave === 'half') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"half":');
      return void setImmediate(() => request.socket.destroy());
    }
    const { 'x-asked': asked, 'content-type': type } = request.headers;
    response
      .status(Number(status ?? 200))
      .set('x-said', 'yes')
      .json({ method: request.method, url: request.originalUrl, body: request.body ?? null, asked, type });
  });
  return app;
}

/** An answer as cases look at it. */
export interface Seen {
  readonly status: number;
  /** Parsed where it is JSON. */
  readonly body: unknown;
  readonly headers: SidecarAnswer['headers'];
  readonly broken: boolean;
}

/** What the conformance suite is run against: daprd beside a probe app, or a sidecar in memory. */
export interface SubjectOptions {
  readonly store: StoreKind;
  readonly broker: BrokerKind;
  readonly transport: Transport;
  readonly probe: ProbeApp;
  /** The callee's app is away meanwhile. */
  withoutCallee<T>(work: () => Promise<T>): Promise<T>;
  /** Brings what waits on the topics, where that does not happen by itself; called again and again. */
  deliver(): Promise<void>;
  /** Lets time go by, which a subject in memory need not wait for. */
  pass(ms: number): Promise<void>;
  /** Changes a key of the configuration store. */
  configure(key: string, value: string): Promise<void>;
  /** Different in each run, so that runs do not meet in a store. */
  readonly run: string;
}

/** A subject with what cases do to it. */
export class Subject {
  constructor(readonly options: SubjectOptions) {}

  get probe(): ProbeApp {
    return this.options.probe;
  }

  /** A key or text that no other run has. */
  own(name: string): string {
    return `${this.options.run}-${name}`;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Seen> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await this.options.transport.request({
      method,
      path,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: text,
    });
    const content = answer.body.toString();
    const { status, headers: head, broken = false } = answer;
    return { status, body: this.masked(parsed(content) ?? content), headers: head, broken };
  }

  /** Status and body alone. */
  async said(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<unknown> {
    const { status, body: content } = await this.call(method, path, body, headers);
    return [status, content];
  }

  /** Delivers until a condition holds. @param again what is done each time before */
  async until(condition: () => boolean, limitMs = 20_000, again?: () => Promise<void>): Promise<void> {
    for (const end = performance.now() + limitMs; !condition(); ) {
      await again?.();
      await this.options.deliver();
      if (performance.now() > end) throw new Error('what was awaited did not happen');
    }
  }

  /** Without what differs from run to run. */
  private masked(value: unknown): unknown {
    const text = JSON.stringify(value);
    return text === undefined ? value : JSON.parse(text.replaceAll(this.options.run, '<run>'));
  }
}

/** One thing that daprd does. What it is stands in recorded.json, as the real one did it. */
export interface Case {
  readonly name: string;
  /** On what the outcome depends. */
  readonly by: 'store' | 'broker' | 'nothing';
  /** Only on these. */
  readonly only?: readonly (StoreKind | BrokerKind)[];
  /** Does it, and says what was seen, as JSON. */
  observe(subject: Subject): Promise<unknown>;
}

/** What of a subject the outcome of a case depends on; undefined: the case is not for it. */
export function kindFor({ by, only }: Case, subject: { store: StoreKind; broker: BrokerKind }): string | undefined {
  const kind = by === 'nothing' ? 'any' : subject[by];
  return only?.every((one) => one !== kind) ? undefined : kind;
}
