import type { Clock } from '../runtime/clock.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import type { DeadLetterBox } from './dead-letters.ts';
import { type DeferVerdict, deferredAgain, type Owner } from './deferral-terms.ts';
import type { Deferred, DeferredStore } from './deferred-store.ts';
import type { Dispatcher } from './dispatcher.ts';
import { envelopeOf } from './envelope.ts';
import type { Verdict } from './failure.ts';
import { type Entry, LONGEST_WAIT_MS, Schedule } from './schedule.ts';

const AT_ONCE = 8;
const TICK_MS = 100;
const STORE_AWAY_MS = 1_000;

/** What trying a deferred event needs. */
export interface WorkerParts extends Owner {
  readonly store: DeferredStore;
  readonly dispatcher: Dispatcher;
  readonly deadLetters: DeadLetterBox;
  readonly clock: Clock;
}

/** Tries deferred events when they are due, a few at the same time. */
export class DeferralWorker {
  readonly schedule = new Schedule();
  private readonly running = new Set<Promise<unknown>>();
  private isGoing = false;
  private closed = false;

  constructor(private readonly parts: WorkerParts) {}

  /** Takes one into the schedule; one that is there stays as it is. */
  enter({ next, ...entry }: Omit<Entry, 'running' | 'due'> & Pick<Deferred, 'next'>): Entry {
    const entered = this.schedule.add({ ...entry, due: this.dueAt(next) }, this.parts.clock.monotonic());
    if (!this.isGoing && !this.closed) void this.go();
    return entered;
  }

  /** Tries one now, due or not. */
  async tryNow(entry: Entry): Promise<Verdict | undefined> {
    if (entry.running) return { kind: 'retry', reason: 'it is being tried at this moment' };
    this.schedule.begin(entry);
    return this.attempt(entry);
  }

  /** Stops trying, and waits a little for what is being tried. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.running.size > 0) await Promise.race([Promise.allSettled(this.running), this.parts.clock.sleep(5_000)]);
  }

  private async go(): Promise<void> {
    const { clock } = this.parts;
    this.isGoing = true;
    while (!this.closed && this.schedule.size > 0) {
      while (this.running.size < AT_ONCE) {
        const entry = this.schedule.take(clock.monotonic());
        if (!entry) break;
        const attempt = this.attempt(entry).finally(() => this.running.delete(attempt));
        this.running.add(attempt);
      }
      await Promise.race([clock.sleep(TICK_MS), ...this.running]);
    }
    this.isGoing = false;
  }

  /** @returns what came of it; undefined where it is gone */
  private async attempt(entry: Entry): Promise<Verdict | undefined> {
    const { store, dispatcher, clock } = this.parts;
    try {
      const [deferred] = await store.load([entry.at]);
      if (deferred?.id !== entry.id) {
        await store.remove({ id: entry.id });
        this.end(entry);
        return undefined;
      }
      const event = envelopeOf(deferred.event, (type) => dispatcher.follows(type));
      const verdicts = event ? await dispatcher.dispatch([{ event, done: deferred.done }]) : [];
      const [verdict = { kind: 'done' } as const] = verdicts;
      if (verdict.kind === 'retry') this.schedule.release(entry, clock.monotonic() + STORE_AWAY_MS);
      else if (verdict.kind !== 'done' && !(await this.isKept(entry))) this.end(entry);
      else if (verdict.kind === 'defer') await this.again(entry, deferred, verdict);
      else await this.settle(entry, deferred, verdict.kind === 'dead' ? verdict.reason : undefined);
      return verdict;
    } catch (error) {
      log.warn('a deferred event waits for the store', { deferred: entry.id, reason: reason(error) });
      this.schedule.release(entry, clock.monotonic() + STORE_AWAY_MS);
      return { kind: 'retry', reason: (error as Error).message };
    }
  }

  /** An operator may drop it while it is tried, at any instance: then nothing of it is kept again. */
  private async isKept({ id, at }: Entry): Promise<boolean> {
    return (await this.parts.store.load([at]))[0]?.id === id;
  }

  private async again(entry: Entry, before: Deferred, verdict: DeferVerdict): Promise<void> {
    const { store, clock, instance } = this.parts;
    const now = clock.now();
    const after = deferredAgain(now, instance, before, verdict);
    if ('givenUp' in after) return this.settle(entry, before, after.givenUp);
    await store.save(after);
    this.schedule.back(entry, this.dueAt(after.next), after.callee, clock.monotonic());
  }

  /** The clock of another instance, or this one before it was set, decides no more than the longest wait. */
  private dueAt(next: string): number {
    const { clock } = this.parts;
    const wait = Date.parse(next) - clock.now();
    return clock.monotonic() + (Math.min(Math.max(wait, 0), LONGEST_WAIT_MS) || 0);
  }

  /** It is over: handled or, with a reason, a dead letter. */
  private async settle(entry: Entry, { id, key, event }: Deferred, why: string | undefined): Promise<void> {
    if (why !== undefined) await this.parts.deadLetters.bury({ event, reason: why });
    await this.parts.store.remove({ id, key });
    this.end(entry);
  }

  private end(entry: Entry): void {
    this.schedule.reached(entry);
    this.schedule.delete(entry.id);
  }
}
