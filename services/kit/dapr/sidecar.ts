import type { z } from 'zod';
import { Unavailable } from '../errors.ts';
import { type Clock, realClock } from '../runtime/clock.ts';
import { readSignal, trace } from '../telemetry/telemetry.ts';
import type { Answer, Ask, AskUntil } from './ask.ts';
import { type Components, componentsOf, type Kind } from './components.ts';
import { ConfigurationStore } from './configuration-store.ts';
import { type CallLimits, Invocation } from './invocation.ts';
import { type Publication, publish, type Refusal, subscriptionTo } from './pubsub.ts';
import { StateStore, type StateWrite, type Stored } from './state.ts';
import { httpTransport, type Transport } from './transport.ts';

export { ANSWERED_BY, calleeUnavailable } from './invocation.ts';
export type { Publication, Refusal } from './pubsub.ts';
export { CREATE, type Replacement, type StateWrite, type Stored } from './state.ts';

/**
 * The service's own Dapr sidecar, over HTTP with undici (what @dapr/dapr costs here, and why it is not used on this
 * path: docs/decisions). Which stores there are is read from the sidecar, so component files alone decide.
 */
export class Sidecar {
  readonly appId: string;
  readonly transport: Transport;
  /** The state store in scope. */
  readonly state = new StateStore((...asked) => this.request(...asked));
  /** The configuration store in scope. */
  readonly configuration = new ConfigurationStore((...asked) => this.request(...asked));
  private readonly invocation: Invocation;
  private components: Components | undefined;

  /**
   * @param way the sidecar's HTTP port, or what stands in its stead
   * @param limits how long calls of other services take at most
   */
  constructor(
    way: number | Transport,
    appId: string,
    private readonly clock: Clock = realClock,
    limits: CallLimits = {},
  ) {
    this.appId = appId;
    this.transport = typeof way === 'number' ? httpTransport(way) : way;
    // A call goes on when its client leaves: docs/decisions/0023-time-limits.md
    this.invocation = new Invocation((...asked) => this.ask(...asked), clock, limits);
  }

  /** The system this service belongs to, which is also its topic. */
  get system(): string {
    return this.appId.slice(0, this.appId.indexOf('-'));
  }
  /** False on a store that applies the rest of a transaction in which one write was rejected (Redis). */
  get atomic(): boolean {
    return this.state.atomic;
  }

  /** See Ask. It ends when the client is gone that reads. @throws Unavailable where there is no whole answer */
  request(...asked: Parameters<Ask>): Promise<Answer> {
    return this.ask(readSignal(), ...asked);
  }

  private async ask(...[signal, method, path, body, headers]: Parameters<AskUntil>): Promise<Answer> {
    const answer = await this.transport
      .request({
        method,
        path,
        headers: {
          traceparent: trace().traceparent,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
        signal,
      })
      .catch((error: Error) => {
        throw new Unavailable('the sidecar does not answer', error.message);
      });
    if (answer.broken) throw new Unavailable('the sidecar broke off its answer');
    return { status: answer.status, headers: answer.headers, body: answer.body.toString() };
  }

  private async ok(method: 'GET' | 'POST', path: string, body?: unknown): Promise<string> {
    const answer = await this.request(method, path, body);
    if (answer.status >= 300)
      throw new Unavailable('the sidecar refused', `${path}: ${answer.status} ${answer.body.slice(0, 300)}`);
    return answer.body;
  }

  /** Waits until the sidecar takes calls. */
  async reachable(limitMs: number): Promise<void> {
    const end = this.clock.monotonic() + limitMs;
    while (
      !(await this.request('GET', '/v1.0/healthz/outbound').then(
        (answer) => answer.status === 204,
        () => false,
      ))
    ) {
      if (this.clock.monotonic() > end)
        throw new Unavailable(
          `No Dapr sidecar answered for ${this.appId} within ${limitMs / 1000} s; start the service with ./run or dapr run.`,
        );
      await this.clock.sleep(20);
    }
  }

  /** Waits for the sidecar, then learns which components are in scope. Throws one plain sentence if one that is needed is missing. */
  async ready(limitMs: number, needed?: readonly Kind[]): Promise<void> {
    await this.reachable(limitMs);
    this.components = componentsOf(this.appId, await this.ok('GET', '/v1.0/metadata'), needed);
    this.state.use(this.components.state);
    this.configuration.name = this.components.configuration;
  }

  /** Reads documents; the answer has every key once, in the order asked for. @throws Unavailable, StoreRejected */
  read(keys: readonly string[]): Promise<Stored[]> {
    return this.state.read(keys);
  }

  /** Writes documents in one state transaction. @throws StoreRejected, Unavailable: the outcome is to be read, not guessed */
  write(writes: readonly StateWrite[]): Promise<void> {
    return this.state.write(writes);
  }

  /** Like write, for those who look again themselves: false when it failed or its outcome is unknown. @throws StoreRejected */
  wrote(writes: readonly StateWrite[]): Promise<boolean> {
    return this.state.wrote(writes);
  }

  /**
   * Hands events to the broker; answers what it did not take, by place.
   * @throws PublishRejected when the sidecar cannot make sense of them; Unavailable when nobody takes events now
   */
  publish(
    topic: string,
    publications: readonly (Publication & { readonly text?: string })[],
  ): Promise<Map<number, Refusal>> {
    return publish((...asked) => this.request(...asked), this.components?.pubsub ?? '', topic, publications);
  }

  /**
   * Calls another service on a fixed path (breakers are per path), within the time that the service declares for it
   * (docs/decisions/0023-time-limits.md). Breaker and retry are the business of dapr/resiliency, never of code.
   * @param answer schema of what it has to say
   * @throws CalleeUnavailable when it is down, slow or shielded; CalleeProtocolError when it says something else
   */
  call<T>(callee: string, path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return this.invocation.call(callee, path, body, answer);
  }

  /**
   * Like call, for an operation that is served `inGroups`: what is asked for at the same moment goes in one request, and
   * each gets its own answer. A repetition must do no harm.
   */
  callInGroup<T>(callee: string, path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return this.invocation.callInGroup(callee, path, body, answer);
  }

  /**
   * Sends a notice to people, with what it is about, through the output binding `notice` where one is configured.
   * @throws CalleeUnavailable where the binding does not take it
   */
  async notify(text: string, about: object = {}): Promise<void> {
    await this.invocation.notify(this.components?.messenger, { text, ...about });
  }

  /** What /dapr/subscribe answers for a topic. @param waitMs milliseconds that an event may wait for more of them */
  subscription(topic: string, waitMs?: number): object {
    return subscriptionTo(this.components?.pubsub ?? '', topic, waitMs);
  }
}
