import { LARGEST_BULK, type Publication, type Refusal } from '../dapr/pubsub.ts';
import { PublishRejected } from '../errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { told } from '../telemetry/activity.ts';
import { count } from '../telemetry/metrics.ts';
import { log, reason } from '../telemetry/telemetry.ts';

/** One event that is to be published. */
export interface Outgoing {
  readonly publication: Publication;
  /** The CloudEvent as JSON. */
  readonly text: string;
  readonly since: number;
  /** It was published, or is kept somewhere else. */
  done(): void;
}

/** What a lane needs from outside. */
export interface LaneContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  send(topic: string, items: readonly Outgoing[]): Promise<Map<number, Refusal>>;
  park(topic: string, item: Outgoing, inner: string): void;
}

interface Line {
  readonly subject: string;
  readonly items: Outgoing[];
  /** How often the head was refused; and of these, how often while others were taken. */
  tries: number;
  blamed: number;
  takenThen: number;
  /** The head is sent by itself: together with others it was refused, and nobody knows whose fault that is. */
  alone: boolean;
  retryAt: number;
  inner: string;
}

/** Events in one publication at most, which is what Dapr sends at once. */
const BATCH = 100;
const BYTES_PER_CHARACTER = 3;
const AWAY_MS = 1_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;
/** An event is parked that was refused so often while others of its topic went through: after about two minutes. */
const PARK_AFTER = 12;
const STALLED_MS = 10_000;

/**
 * The events of one topic. Those of one document go out one after the other; those of different documents together, and
 * they never wait for each other: an event that is refused is tried again by itself, ever more rarely, while the rest goes on.
 */
export class Lane {
  private readonly lines = new Map<string, Line>();
  /** Whose head may go out now, in the order in which it came. */
  private readonly ready = new Set<Line>();
  private readonly held = new Set<Line>();
  private working = false;
  private retrying = false;
  /** Events taken so far. */
  private taken = 0;
  /** Fewer at once while whole publications fail: one event may be to blame, and is found so. */
  private most = BATCH;
  private goodSince: number;
  private inner = '';
  private toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly topic: string,
    private readonly context: LaneContext,
  ) {
    this.goodSince = context.clock.now();
  }

  add(subject: string, item: Outgoing): void {
    if (this.lines.size === 0) this.goodSince = this.context.clock.now();
    const line = this.lines.get(subject);
    if (line) {
      line.items.push(item);
      return;
    }
    const fresh = { tries: 0, blamed: 0, takenThen: this.taken, alone: false, retryAt: 0, inner: '' };
    const one = { subject, items: [item], ...fresh };
    this.lines.set(subject, one);
    this.release(one);
  }

  /** When the oldest event came. */
  get oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { items } of this.lines.values()) oldest = Math.min(oldest, items[0]!.since);
    return oldest;
  }

  /** Why it makes no progress, if so. */
  get stalled(): string | undefined {
    const now = this.context.clock.now();
    if (this.lines.size > this.held.size && now - this.goodSince > STALLED_MS)
      return `the broker has taken no event for ${Math.round((now - this.goodSince) / 1000)} s: ${this.inner || 'no answer yet'}`;
    for (const { items, subject, inner } of this.held) {
      const age = now - items[0]!.since;
      if (age > STALLED_MS) return `an event of ${subject} is refused for ${Math.round(age / 1000)} s: ${inner}`;
    }
    return undefined;
  }

  private release(line: Line): void {
    this.ready.add(line);
    if (!this.working) void this.work();
  }

  private async work(): Promise<void> {
    this.working = true;
    for (let wait = 0; this.ready.size > 0 && !this.context.signal.aborted; ) {
      const batch = this.take(this.ready);
      const moved = await this.send(batch, false);
      wait = moved ? 0 : Math.min(Math.max(25, wait * 2), AWAY_MS);
      if (wait > 0) await this.context.clock.sleep(wait, this.context.signal);
    }
    this.working = false;
  }

  /** Tries again what was refused, beside the rest of the lane. */
  private async retry(): Promise<void> {
    this.retrying = true;
    while (this.held.size > 0 && !this.context.signal.aborted) {
      const now = this.context.clock.now();
      const due = [...this.held].filter(({ retryAt }) => retryAt <= now);
      const batch = this.take(new Set(due));
      for (const line of batch) this.held.delete(line);
      if (batch.length > 0) await this.send(batch, true);
      else {
        const first = Math.min(...[...this.held].map(({ retryAt }) => retryAt));
        await this.context.clock.sleep(Math.min(Math.max(first - now, 1), FIRST_RETRY_MS), this.context.signal);
      }
    }
    this.retrying = false;
  }

  /** Takes the lines whose heads go out together: no two events of a document, so none overtakes another. */
  private take(from: Set<Line>): Line[] {
    const batch: Line[] = [];
    let size = 0;
    for (const line of from) {
      if (batch.length > 0 && line.alone) continue;
      size += line.items[0]!.text.length * BYTES_PER_CHARACTER;
      if (batch.length > 0 && (size > LARGEST_BULK || batch.length >= this.most)) break;
      batch.push(line);
      if (line.alone) break;
    }
    for (const line of batch) from.delete(line);
    return batch;
  }

  /** @returns whether the lane makes progress */
  private async send(batch: readonly Line[], again: boolean): Promise<boolean> {
    try {
      const items = batch.map(({ items }) => items[0]!);
      const failed = await this.context.send(this.topic, items);
      this.taken += batch.length - failed.size;
      for (const [index, line] of batch.entries()) {
        const refusal = failed.get(index);
        if (!refusal) this.published(line);
        else this.refused(line, refusal, again || failed.size < batch.length);
      }
      this.most = Math.min(BATCH, this.most * 2);
      if (failed.size < batch.length) this.goodSince = this.context.clock.now();
      else this.away([...failed.values()][0]?.inner ?? '');
      return failed.size < batch.length;
    } catch (error) {
      return this.failed(batch, error);
    }
  }

  /** A whole publication failed. */
  private failed(batch: readonly Line[], error: unknown): boolean {
    const inner = reason(error);
    const [only] = batch;
    if (error instanceof PublishRejected) {
      if (batch.length === 1) this.refused(only!, { inner, forGood: 'yes' }, true);
      else for (const line of batch) this.hold(line, inner, { alone: true });
      return true;
    }
    this.away(inner);
    this.most = Math.max(1, this.most >> 1);
    if (batch.length === 1 && only!.takenThen < this.taken) {
      // Others went through since: it may be this one, and nobody waits until that is known.
      this.refused(only!, { inner, forGood: 'maybe' }, true);
      only!.alone = true;
    } else for (const line of batch) this.hold(line, inner, { back: true });
    return false;
  }

  private published(line: Line): void {
    const item = line.items.shift()!;
    item.done();
    count('events_published', { type: String(item.publication.cloudEvent.type) });
    told(item.publication.cloudEvent, item.text);
    this.goOn(line);
  }

  /** The head of a line is gone: the next one starts afresh. */
  private goOn(line: Line): void {
    Object.assign(line, { tries: 0, blamed: 0, takenThen: this.taken, alone: false, inner: '' });
    if (line.items.length > 0) this.release(line);
    else this.lines.delete(line.subject);
  }

  /** @param others whether it is about this event: others were taken, or it was tried again by itself */
  private refused(line: Line, { inner, forGood }: Refusal, others: boolean): void {
    if (line.takenThen < this.taken && forGood === 'maybe') line.blamed++;
    line.takenThen = this.taken;
    if (forGood !== 'yes' && line.blamed < PARK_AFTER) {
      this.hold(line, inner, { back: !others });
      return;
    }
    const item = line.items.shift()!;
    this.context.park(this.topic, item, inner);
    this.goOn(line);
  }

  /** Keeps a line for later. `back`: at once at the end of the lane, since it is the broker that is away. */
  private hold(line: Line, inner: string, { back = false, alone = false }): void {
    line.inner = inner;
    if (alone) line.alone = true;
    if (back) {
      this.release(line);
      return;
    }
    const wait = alone ? 0 : Math.min(FIRST_RETRY_MS * 2 ** line.tries++, LAST_RETRY_MS);
    line.retryAt = this.context.clock.now() + wait;
    if (!alone) count('events_refused', { topic: this.topic });
    this.held.add(line);
    if (!this.retrying) void this.retry();
  }

  private away(inner: string): void {
    this.inner = inner;
    const now = this.context.clock.now();
    if (now - this.toldAt < STALLED_MS) return;
    this.toldAt = now;
    log.warn('events wait in the outbox', { topic: this.topic, documents: this.lines.size, reason: inner });
  }
}
