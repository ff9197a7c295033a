import type { z } from 'zod';
import { CalleeUnavailable, StoreRejected, Unavailable } from '../errors.ts';
import { type Clock, realClock } from '../runtime/clock.ts';
import { count, declare } from '../telemetry/metrics.ts';
import { log, readSignal, trace } from '../telemetry/telemetry.ts';
import { answerOf } from './answer.ts';
import type { Answer } from './ask.ts';
import { type Publication, publish, type Refusal } from './pubsub.ts';
import { StateStore, type StateWrite, type Stored } from './state.ts';
import { httpTransport, type Transport } from './transport.ts';

export type { Publication, Refusal } from './pubsub.ts';
export { CREATE, type StateWrite, type Stored } from './state.ts';

/** Says that an answer is the service's own: for an app killed in the middle of a call daprd 1.18.2 answers 200 and nothing. */
export const ANSWERED_BY = 'x-answered-by';

/**
 * The service's own Dapr sidecar, over HTTP with undici (what @dapr/dapr costs here, and why it is not used on this
 * path: docs/decisions). Which stores there are is read from the sidecar, so component files alone decide.
 */
export class Sidecar {
  readonly appId: string;
  readonly transport: Transport;
  /** The state store in scope. */
  readonly state = new StateStore((...asked) => this.request(...asked));
  private names = { pubsub: '', configuration: '' };
  private messenger = '';
  private readonly callees = new Set<string>();

  /** @param way the sidecar's HTTP port, or what stands in its stead */
  constructor(
    way: number | Transport,
    appId: string,
    private readonly clock: Clock = realClock,
  ) {
    this.appId = appId;
    this.transport = typeof way === 'number' ? httpTransport(way) : way;
  }

  /** The system this service belongs to, which is also its topic. */
  get system(): string {
    return this.appId.slice(0, this.appId.indexOf('-'));
  }
  /** False on a store that applies the rest of a transaction in which one write was rejected (Redis). */
  get atomic(): boolean {
    return this.state.atomic;
  }
  /** The configuration store in scope. */
  get configurationStore(): string {
    return this.names.configuration;
  }

  /** Asks the sidecar; a body that is a text is JSON already. @throws Unavailable where there is no whole answer */
  async request(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
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
        signal: readSignal(),
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

  /** Waits for the sidecar, then learns which components are in scope. Throws one plain sentence if any is missing. */
  async ready(limitMs: number): Promise<void> {
    await this.reachable(limitMs);
    const { components } = JSON.parse(await this.ok('GET', '/v1.0/metadata')) as {
      components: { name: string; type: string }[];
    };
    const only = (kind: string): { name: string; type: string } => {
      const found = components.filter((component) => component.type.startsWith(`${kind}.`));
      if (found.length === 1 && found[0]) return found[0];
      throw new Error(
        `${this.appId} needs exactly one ${kind} component in its scope, and has ${found.length}: see components/ and the scopes in it.`,
      );
    };
    const state = only('state');
    this.names = { pubsub: only('pubsub').name, configuration: only('configuration').name };
    this.state.use(state);
    this.messenger = components.find(({ name }) => name === 'notice')?.type ?? '';
  }

  /** Reads documents; the answer has every key once, in the order asked for. @throws Unavailable, StoreRejected */
  read(keys: readonly string[]): Promise<Stored[]> {
    return this.state.read(keys);
  }

  /**
   * Writes documents in one state transaction.
   * @throws StoreRejected when they can never be written; Unavailable: the outcome is then to be read, not guessed
   */
  async write(writes: readonly StateWrite[]): Promise<void> {
    await this.state.transaction(writes.map((write) => this.state.operation(write)));
  }

  /**
   * Like write, for those who look again themselves: false when it failed or its outcome is unknown.
   * @throws StoreRejected, since looking again would never help
   */
  wrote(writes: readonly StateWrite[]): Promise<boolean> {
    return this.write(writes).then(
      () => true,
      (error) => {
        if (error instanceof StoreRejected) throw error;
        return false;
      },
    );
  }

  /**
   * Hands events to the broker; answers what it did not take, by place.
   * @throws PublishRejected when the sidecar cannot make sense of them; Unavailable when nobody takes events now
   */
  publish(
    topic: string,
    publications: readonly (Publication & { readonly text?: string })[],
  ): Promise<Map<number, Refusal>> {
    return publish((...asked) => this.request(...asked), this.names.pubsub, topic, publications);
  }

  /**
   * Calls another service on a fixed path (breakers are per path). Time limit, breaker and retry are the business of
   * dapr/resiliency, never of code.
   * @param answer schema of what it has to say
   * @throws CalleeUnavailable when it is down, slow or shielded; CalleeProtocolError when it says something else
   */
  async call<T>(callee: string, path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return answerOf(answer, callee, await this.callRaw(callee, path, body));
  }

  private async callRaw(callee: string, path: string, body: unknown): Promise<unknown> {
    this.declareCalls(callee);
    const answer = await this.request('POST', `/v1.0/invoke/${callee}/method/${path}`, body);
    if (answer.status < 300 && answer.headers[ANSWERED_BY]) {
      const body = parse(answer.body);
      // The time limit may fall between the answer's head and its body; daprd then sends the head alone.
      if (body === undefined) throw new CalleeUnavailable(callee, 'timeout', true);
      return body;
    }
    const error = calleeUnavailable(callee, answer.body);
    count('calls_failed', { callee, why: error.why });
    // An open breaker is no news: the sidecar said so when it opened.
    if (error.why !== 'open') log.warn('a call failed', { callee, path, reason: answer.body.slice(0, 300) });
    throw error;
  }

  private declareCalls(callee: string): void {
    if (this.callees.has(callee)) return;
    this.callees.add(callee);
    const series = ['open', 'timeout', 'down', 'nonsense'].map((why) => ({ callee, why }));
    declare('calls_failed', 'Calls of other services that failed.', series);
  }

  /**
   * Sends a notice to people, with what it is about, through the output binding `notice` where one is configured.
   * @throws CalleeUnavailable where the binding does not take it
   */
  async notify(text: string, about: object = {}): Promise<void> {
    if (!this.messenger) return;
    const operation = this.messenger === 'bindings.http' ? 'post' : 'create';
    const sent = { operation, data: { text, ...about } };
    const { status, body } = await this.request('POST', '/v1.0/bindings/notice', sent);
    if (status >= 300) throw new CalleeUnavailable('notice', 'down', true, `${status} ${body.slice(0, 300)}`);
  }

  /** Reads configuration keys; those that do not exist are absent. */
  async configuration(keys: readonly string[]): Promise<Record<string, string>> {
    const query = keys.map((key) => `key=${encodeURIComponent(key)}`).join('&');
    const items = JSON.parse(
      await this.ok('GET', `/v1.0/configuration/${this.names.configuration}?${query}`),
    ) as Record<string, { value: string }>;
    return Object.fromEntries(Object.entries(items).map(([key, item]) => [key, item.value]));
  }

  /** Asks for changes of these keys; they come as POST /configuration/<store>/<key>. */
  async followConfiguration(keys: readonly string[]): Promise<void> {
    const query = keys.map((key) => `key=${encodeURIComponent(key)}`).join('&');
    await this.ok('GET', `/v1.0/configuration/${this.names.configuration}/subscribe?${query}`);
  }

  /**
   * What /dapr/subscribe answers: the system's topic, in batches. Single events would come one by one per Kafka partition;
   * and an app killed in the middle of a delivery is taken by daprd 1.18.2 for an empty answer, which acknowledges a single
   * event but no batch. (Batches want the sidecar's app health check off, see docs/decisions/0009.)
   * They are raw: the sidecar brings the exact bytes and parses nothing, so a message that is no JSON stops nobody.
   * They wait 3 ms for more events: 5 ms gave a quarter more enrolments a second on Redis, and consumers more than 1 s behind.
   */
  subscription(topic: string): object {
    const bulkSubscribe = { enabled: true, maxMessagesCount: 100, maxAwaitDurationMs: 3 };
    const metadata = { rawPayload: 'true' };
    return { pubsubname: this.names.pubsub, topic, route: '/events', metadata, bulkSubscribe };
  }
}

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

const OPEN = /circuit breaker is open|too many requests/;
const SLOW = /deadline ?exceeded|timeout/i;
/** Nobody was connected to; anything else may have been cut off in the middle of the work. */
const NOT_REACHED =
  /connection refused|error while dialing|error reading server preface|couldn't find service|no host found|not in a healthy state|forbidden character/i;

/** Reads Dapr's answer to a failed invocation; an answer of the callee itself counts as down, since callees answer 200 with an outcome. */
export function calleeUnavailable(callee: string, body: string): CalleeUnavailable {
  if (OPEN.test(body)) return new CalleeUnavailable(callee, 'open', false);
  return new CalleeUnavailable(callee, SLOW.test(body) ? 'timeout' : 'down', !NOT_REACHED.test(body));
}
