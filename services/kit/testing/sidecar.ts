import type { RequestListener } from 'node:http';
import type { SidecarAnswer, SidecarRequest, Transport } from '../dapr/transport.ts';
import { empty, failure, json } from './answers.ts';
import { callOf, urlOf } from './call.ts';
import { configurationApi } from './configuration.ts';
import { type Answered, CutOff, type Injected, inject } from './inject.ts';
import { invoke } from './invocation.ts';
import { asObject, parsed } from './json.ts';
import { healthOf, metadataOf } from './metadata.ts';
import type { Call, KnownSidecar, SidecarOptions, Subscription, Surroundings } from './parts.ts';
import { publish } from './publish-api.ts';
import { Breakers, type CalleeRule } from './resiliency.ts';
import { stateApi } from './state-api.ts';
import { MemoryStore } from './store.ts';

/** daprd's own limit of a request (--max-body-size). */
const LARGEST_BODY = 4 * 1024 * 1024;

/** A sidecar without a process: it answers as daprd does over HTTP, from what is in its backend. */
export class MemorySidecar implements Transport, KnownSidecar {
  /** The app beside it; undefined while that is down. */
  app: RequestListener | undefined;
  subscriptions: readonly Subscription[] = [];
  shutdowns = 0;
  before: SidecarOptions['before'];
  after: SidecarOptions['after'];
  /** Requests of the app that are under way. */
  underWay = 0;
  readonly store: MemoryStore;
  readonly breakers: Breakers;
  private calls = 0;
  private dead = false;
  private hasAsked = false;
  private die: () => void = () => undefined;
  /** Whoever waits for an app that is killed sees its connection break. */
  private readonly death = new Promise<never>((_, reject) => {
    this.die = () => reject(new CutOff(undefined));
  });

  constructor(
    readonly backend: Surroundings,
    readonly appId: string,
    private readonly options: SidecarOptions,
  ) {
    const { store = { name: this.system } } = options;
    this.store = store instanceof MemoryStore ? store : backend.store(store.name, store.kind);
    this.breakers = new Breakers(backend.clock);
    this.before = options.before;
    this.after = options.after;
    this.death.catch(() => undefined);
  }

  /** Calls so far. */
  get activity(): number {
    return this.calls;
  }

  get system(): string {
    const dash = this.appId.indexOf('-');
    return dash < 0 ? this.appId : this.appId.slice(0, dash);
  }

  /** Asks an app once what it subscribes to, as daprd does when its app listens; an answer that breaks off is none. */
  async attach(app: RequestListener): Promise<void> {
    this.app = app;
    const answer = await inject(app, { method: 'GET', path: '/dapr/subscribe' }).catch(() => undefined);
    const asked = answer?.status === 200 ? parsed(answer.body.toString()) : undefined;
    this.subscriptions = Array.isArray(asked) ? asked.map(subscriptionOf) : [];
    for (const { topic } of this.subscriptions) this.backend.broker.join(topic, this.appId);
    this.hasAsked = true;
  }

  /** The app does not listen. */
  detach(): void {
    this.app = undefined;
  }

  /** App and sidecar are killed: nothing that is under way comes back, and nothing new begins. */
  cut(): void {
    this.dead = true;
    this.detach();
    this.die();
  }

  /** The resiliency rule for an app. */
  ruleFor(callee: string): CalleeRule | undefined {
    return this.options.callees?.[callee];
  }

  subscriptionTo(topic: string): Subscription | undefined {
    return this.subscriptions.find((subscription) => subscription.topic === topic);
  }

  /** Hands a request to the app. @throws Error when it is down or closes the connection */
  async toApp(injected: Injected): Promise<Answered> {
    await Promise.race([this.options.arrive?.(injected), this.death]);
    if (!this.app) throw new Error('connect: connection refused');
    // What was on its way when its caller left still arrives.
    const signal = injected.signal?.aborted ? undefined : injected.signal;
    return Promise.race([inject(this.app, { ...injected, signal }), this.death]);
  }

  async request(request: SidecarRequest): Promise<SidecarAnswer> {
    if (this.dead) return NEVER;
    request.signal?.throwIfAborted();
    const call = callOf(request, this.appId, this.calls++);
    this.underWay += 1;
    try {
      const early = await this.before?.(call);
      if (this.dead) return NEVER;
      if (early) return early;
      const answer = await this.handle(call, request);
      const late = (await this.after?.(call, answer)) ?? answer;
      return this.dead ? NEVER : late;
    } finally {
      this.underWay -= 1;
    }
  }

  async close(): Promise<void> {}

  private async handle(call: Call, request: SidecarRequest): Promise<SidecarAnswer> {
    const { pathname, searchParams } = urlOf(call.path);
    if (pathname.startsWith('/v1.0/invoke/')) return invoke(this, call, request);
    const [version, area = '', ...rest] = pathname.slice(1).split('/').map(decodeURIComponent);
    const unreadable = tooLarge(Buffer.byteLength(call.body));
    if (version !== 'v1.0') return notFound();
    if (area === 'healthz') return healthOf(this.hasAsked || rest[0] === 'outbound');
    if (area === 'shutdown') return this.restart();
    if (area === 'metadata') return json(200, metadataOf(this, this.options.messenger));
    if (area === 'state') return stateApi(this, call, rest, searchParams, unreadable);
    if (area === 'publish') return publish(this, call, rest, searchParams, unreadable);
    if (area === 'configuration')
      return configurationApi(this.backend.configuration, this.system, rest, searchParams, (...change) =>
        this.notifyConfiguration(...change),
      );
    if (area === 'bindings') return this.binding(call, rest[0] ?? '');
    return notFound();
  }

  /** Its runner starts it again. */
  private restart(): SidecarAnswer {
    this.shutdowns += 1;
    this.hasAsked = false;
    if (this.app) void this.attach(this.app);
    return empty();
  }

  private async notifyConfiguration(key: string, item: object, id: string): Promise<void> {
    await this.toApp({
      method: 'POST',
      path: `/configuration/${this.system}-configuration/${key}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, items: { [key]: item } }),
    }).catch(() => undefined); // daprd logs it and does not come again
  }

  private binding(call: Call, name: string): SidecarAnswer {
    const body = asObject(parsed(call.body));
    if (name !== 'notice' || !this.options.messenger)
      return failure(
        500,
        'ERR_INVOKE_OUTPUT_BINDING',
        `error invoking output binding ${name}: couldn't find output binding ${name}`,
      );
    this.backend.notices.push({ appId: this.appId, operation: String(body?.operation), data: body?.data });
    return empty();
  }
}

/** A process that was killed hears of nothing. */
const NEVER = new Promise<never>(() => undefined);

const notFound = (): SidecarAnswer =>
  failure(404, 'ERR_DIRECT_INVOKE', 'failed getting app id either from the URL path or the header dapr-app-id');

/** Why a body cannot be read: daprd cuts it off at its limit, and sees whether there was more only where it reads on. */
function tooLarge(length: number): string | undefined {
  if (length <= LARGEST_BODY) return undefined;
  return length === LARGEST_BODY + 1 ? 'unexpected EOF' : 'stream too large';
}

function subscriptionOf(asked: unknown): Subscription {
  const { pubsubname, topic, route, bulkSubscribe, metadata } = asObject(asked) ?? {};
  const bulk = asObject(bulkSubscribe);
  return {
    pubsub: String(pubsubname),
    topic: String(topic),
    route: String(route),
    raw: asObject(metadata)?.rawPayload === 'true',
    bulk: bulk?.enabled === true ? { max: Number(bulk.maxMessagesCount ?? 100) } : undefined,
  };
}
