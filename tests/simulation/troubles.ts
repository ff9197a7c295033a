import { ANSWERED_BYTES } from '../../services/kit/index.ts';
import { answers, type Call, type SidecarOptions } from '../../services/kit/testing/index.ts';
import { overtake } from './meanwhile.ts';
import type { Owner } from './time.ts';
import { partOf, type World } from './world.ts';

type Answer = ReturnType<typeof answers.json>;

/** What can happen to one call of a sidecar. */
const FATES = ['refused', 'lost before', 'lost after', 'late', 'late answer', 'cut off'] as const;
type Fate = (typeof FATES)[number];

const LATE_MS = 12_000;
const OUTAGE_ANSWER_MS = 300;
/** How often a process is killed soon, at the worst: after it has put off an event, and after a publication was refused. */
const KILLED = { deferring: 0.4, publishing: 0.08 };
const SOON_MS = 3_000;
/** An answer under a key must never come without its change: such transactions come too late more often. */
const KEYED = 3;

/** The sidecar of one process: how long its calls take, and what happens to them. */
export class Troubles {
  /** Until then the sidecar is away. */
  goneUntil = 0;
  private readonly fates = new Map<number, Fate | undefined>();
  private readonly lags: () => number;
  private readonly label: string;
  private calls = 0;
  private dangers = 0;

  /** @param kill kills the process */
  constructor(
    private readonly world: World,
    private readonly name: string,
    private readonly owner: Owner,
    life: number,
    private readonly kill: () => void = () => undefined,
  ) {
    this.lags = world.chance.stream(`lag ${name} ${life}`);
    this.label = `call ${name}.${life}`;
  }

  readonly before: NonNullable<SidecarOptions['before']> = async (call) => {
    const { world } = this;
    const fate = this.fateOf(call);
    await this.lag();
    if (fate === 'late') await world.time.sleep(this.lags() * LATE_MS, this.owner);
    this.breakIfGone();
    const part = partOf(call);
    if (part && world.isAway(part)) {
      await world.time.sleep(this.lags() * OUTAGE_ANSWER_MS, this.owner);
      return this.refuse(call);
    }
    if (fate === 'refused') return this.refuse(call);
    if (fate === 'lost before') throw new Error('socket hang up');
    if (call.kind === 'state-write') this.overtake(call);
    world.note(`${this.name} ${call.kind} ${call.method} ${call.kind === 'publish' ? '' : call.path}`);
    return undefined;
  };

  readonly after: NonNullable<SidecarOptions['after']> = async (call, answer) => {
    const fate = this.fates.get(call.number);
    this.fates.delete(call.number);
    if (call.kind === 'publish') this.world.published();
    if (call.kind === 'state-write' && call.body.includes('"key":"Deferred-of-')) this.killSoon('deferring');
    await this.lag();
    if (fate === 'late answer') await this.world.time.sleep(this.lags() * LATE_MS, this.owner);
    this.breakIfGone();
    if (fate === 'lost after') throw new Error('socket hang up');
    return fate === 'cut off' ? this.halfOf(call, answer) : undefined;
  };

  /** What daprd makes of an answer that breaks off. Of a service and of SQL it passes on what came as if that were all. */
  private halfOf({ appId, kind, path }: Call, answer: Answer): Answer {
    if (answer.headers[ANSWERED_BYTES]) return { ...answer, body: answer.body.subarray(0, answer.body.length / 2) };
    const isOfSql = kind === 'state-read' && path.endsWith('/bulk') && this.world.storeOf(appId).kind !== 'redis';
    if (!isOfSql || answer.status !== 200) return answers.cutOff();
    const items = JSON.parse(answer.body.toString()) as { key: string }[];
    return answers.json(
      200,
      items.map((item, at) => (at < items.length / 2 ? item : { key: item.key })),
    );
  }

  /** A request on its way to the app. */
  readonly arrive = async (): Promise<void> => {
    await this.lag();
    if (this.goneUntil > this.world.time.now) throw new Error('connect: connection refused');
  };

  private fateOf(call: Call): Fate | undefined {
    const { world } = this;
    if (world.isCalm || call.kind === 'other') return undefined;
    const label = `${this.label}#${this.calls++}`;
    const at = Math.floor(world.chance.draw(`${label}?`) * FATES.length);
    const what = (): string => `${FATES[at]} (${call.kind} at ${world.time.now.toFixed(1)} ms)`;
    if (!world.chance.strikes(label, world.weather.calls, what)) return undefined;
    this.fates.set(call.number, FATES[at]);
    return FATES[at];
  }

  private overtake(call: Call): void {
    const { world } = this;
    if (world.isCalm || !call.body.includes('"etag"')) return;
    const odds = world.weather.calls * (call.body.includes('"key":"idempotency-') ? KEYED : 1);
    const what = (): string => `of ${overtake(world, call)} documents at ${world.time.now.toFixed(1)} ms`;
    world.chance.strikes(`${this.label} overtaken ${call.number}`, odds, what);
  }

  private refuse(call: Call): Answer {
    // What is committed and not told: whoever comes in this process's stead has to tell it.
    if (call.kind === 'publish') this.killSoon('publishing');
    return refusal(call);
  }

  /** Kills the process while only the store knows what is to be done. */
  private killSoon(danger: keyof typeof KILLED): void {
    const { world } = this;
    const label = `${this.label} ${danger} ${this.dangers++}`;
    const ms = SOON_MS * world.chance.draw(`${label} for`);
    const odds = world.isCalm ? 0 : KILLED[danger] * world.weather.blows;
    if (world.chance.strikes(label, odds, () => `killed after ${ms.toFixed(0)} ms`))
      world.time.after(ms, this.kill, this.owner);
  }

  private breakIfGone(): void {
    if (this.goneUntil > this.world.time.now)
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  }

  /** Most calls take a millisecond; a few take many. */
  private lag(): Promise<void> {
    const lag = this.lags();
    return this.world.time.sleep(lag < 0.97 ? 0.2 + lag : lag * 40, this.owner);
  }
}

const refusal = (call: Call): Answer => {
  if (call.kind === 'state-write') return answers.transactionFailed('dial tcp: connection refused');
  if (call.kind === 'state-read') return answers.readFailed('dial tcp: connection refused');
  if (call.callee !== undefined) return answers.calleeDown(call.callee);
  return answers.failure(500, 'ERR_PUBSUB_PUBLISH_MESSAGE', 'error when publishing: connection refused');
};
