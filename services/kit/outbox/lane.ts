import type { Refusal } from '../dapr/pubsub.ts';
import { PublishRejected } from '../errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { published } from '../telemetry/activity.ts';
import { count } from '../telemetry/metrics.ts';
import { reason } from '../telemetry/telemetry.ts';
import { HeldLines } from './held-lines.ts';
import { Line, type Outgoing, takeTogether } from './line.ts';
import { Progress } from './progress.ts';
import { PublicationPace } from './publication-pace.ts';

export type { Outgoing } from './line.ts';

/** What a lane needs from outside. */
export interface LaneContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Aborted when nothing is to wait for company any more. */
  readonly hurry: AbortSignal;
  send(topic: string, items: readonly Outgoing[]): Promise<Map<number, Refusal>>;
  park(topic: string, item: Outgoing, inner: string): void;
}

/** Events in one publication at most, which is what Dapr sends at once. */
const BATCH = 100;
const FIRST_AWAY_MS = 25;
const LAST_AWAY_MS = 1_000;

/**
 * The events of one topic. Those of one document go out one after the other; those of different documents together, and
 * they never wait for each other: an event that is refused is tried again by itself, ever more rarely, while the rest goes on.
 */
export class Lane {
  private readonly lines = new Map<string, Line>();
  /** Whose head may go out now, in the order in which it came. */
  private readonly ready = new Set<Line>();
  private readonly held: HeldLines;
  private working = false;
  /** Events taken so far. */
  private taken = 0;
  /** Fewer at once while whole publications fail: one event may be to blame, and is found so. */
  private most = BATCH;
  private readonly progress: Progress;
  private readonly pace: PublicationPace;

  constructor(
    private readonly topic: string,
    private readonly context: LaneContext,
  ) {
    this.progress = new Progress(topic, context.clock);
    this.pace = new PublicationPace(context.clock, context.hurry);
    this.held = new HeldLines(context, (due) => this.sendHeld(due));
  }

  /** Takes an event. @param subject whose it is: those of one subject keep their order */
  add(subject: string, item: Outgoing): void {
    if (this.lines.size === 0) this.progress.made();
    const line = this.lines.get(subject);
    if (line) line.add(item);
    else {
      const fresh = new Line(subject, item, this.taken);
      this.lines.set(subject, fresh);
      this.release(fresh);
    }
  }

  /** Since when the oldest event waits, in milliseconds since 1970; Infinity: there is none. */
  get oldest(): number {
    return oldestOf(this.lines.values());
  }

  /** Why it makes no progress, if so. */
  get stalled(): string | undefined {
    return (this.lines.size > this.held.size ? this.progress.stalled : undefined) ?? this.held.stalled;
  }

  private release(line: Line): void {
    this.ready.add(line);
    if (!this.working) void this.work();
  }

  private async work(): Promise<void> {
    this.working = true;
    for (let wait = 0; this.ready.size > 0 && !this.context.signal.aborted; ) {
      await this.pace.keep(this.ready.size, oldestOf(this.ready));
      if (this.context.signal.aborted) break;
      const batch = takeTogether(this.ready, this.most);
      const moved = await this.send(batch, false);
      wait = moved ? 0 : Math.min(Math.max(FIRST_AWAY_MS, wait * 2), LAST_AWAY_MS);
      if (wait > 0) await this.context.clock.sleep(wait, this.context.signal);
    }
    this.working = false;
  }

  /** Tries again some of those that were refused. */
  private async sendHeld(due: Set<Line>): Promise<void> {
    const batch = takeTogether(due, this.most);
    for (const line of batch) this.held.delete(line);
    await this.send(batch, true);
  }

  /** @returns whether the lane makes progress */
  private async send(batch: readonly Line[], again: boolean): Promise<boolean> {
    try {
      const heads = batch.map(({ head }) => head);
      const failed = await this.context.send(this.topic, heads);
      this.taken += batch.length - failed.size;
      for (const [index, line] of batch.entries()) {
        const refusal = failed.get(index);
        if (!refusal) this.published(line);
        else this.refused(line, refusal, again || failed.size < batch.length);
      }
      this.most = Math.min(BATCH, this.most * 2);
      const moved = failed.size < batch.length;
      if (moved) this.progress.made();
      else this.progress.failed([...failed.values()][0]?.inner ?? '', this.lines.size);
      return moved;
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
    this.progress.failed(inner, this.lines.size);
    this.most = Math.max(1, this.most >> 1);
    if (batch.length === 1 && only!.othersWentThrough(this.taken)) {
      // Others went through since: it may be this one, and nobody waits until that is known.
      this.refused(only!, { inner, forGood: 'maybe' }, true);
      only!.alone = true;
    } else for (const line of batch) this.hold(line, inner, { back: true });
    return false;
  }

  private published(line: Line): void {
    const item = this.takeHead(line);
    item.done();
    count('events_published', { type: String(item.publication.cloudEvent.type) });
    published(item.publication.cloudEvent, item.text);
  }

  /** Takes the head out of its line, which goes on. */
  private takeHead(line: Line): Outgoing {
    const item = line.shift(this.taken);
    if (line.isEmpty) this.lines.delete(line.subject);
    else this.release(line);
    return item;
  }

  /** @param others whether it is about this event: others were taken, or it was tried again by itself */
  private refused(line: Line, refusal: Refusal, others: boolean): void {
    const { inner } = refusal;
    if (line.refused(refusal, this.taken)) this.context.park(this.topic, this.takeHead(line), inner);
    else this.hold(line, inner, { back: !others });
  }

  /** Keeps a line for later. `back`: at once at the end of the lane, since it is the broker that is away. */
  private hold(line: Line, inner: string, { back = false, alone = false }): void {
    line.inner = inner;
    if (back) {
      this.release(line);
      return;
    }
    const now = this.context.clock.monotonic();
    if (alone) Object.assign(line, { alone, retryAt: now });
    else {
      line.backOff(now);
      count('events_refused', { topic: this.topic });
    }
    this.held.add(line);
  }
}

function oldestOf(lines: Iterable<Line>): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { head } of lines) oldest = Math.min(oldest, head.since);
  return oldest;
}
