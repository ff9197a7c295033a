import { StoreRejected } from '../errors.ts';
import { naturalKey } from '../persistence/records.ts';
import type { Clock } from '../runtime/clock.ts';
import { count, declare } from '../telemetry/metrics.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import type { DeadLetterBox } from './dead-letters.ts';
import { Deferred, type DeferredStore } from './deferred-store.ts';
import type { Dispatcher } from './dispatcher.ts';
import { envelopeOf, hashOf } from './envelope.ts';
import type { DeferralCause, Verdict } from './failure.ts';
import { backOff, type Entry, FIRST_WAIT_MS, Schedule } from './schedule.ts';

/** How long an event may wait for each cause, and how often it may be tried. */
const BOUNDS: Readonly<
  Record<DeferralCause, { readonly ms: number; readonly attempts: number; readonly text: string }>
> = {
  record: { ms: 900_000, attempts: Number.POSITIVE_INFINITY, text: 'it waited 15 minutes' },
  callee: { ms: 86_400_000, attempts: Number.POSITIVE_INFINITY, text: 'it waited 24 hours' },
  fault: { ms: 86_400_000, attempts: 5, text: 'it failed 5 times' },
  size: { ms: 86_400_000, attempts: Number.POSITIVE_INFINITY, text: 'it was not finished within 24 hours' },
};
const LONGEST_MS = 86_400_000;
/** Characters of an event that is deferred at most. */
const LARGEST = 256 * 1024;
const AT_ONCE = 8;
const TICK_MS = 100;
const LOOK_MS = 60_000;
const LEASE_MS = 180_000;
/** Events that wait in memory; of more than these the store remembers the rest. */
const IN_MEMORY = 10_000;
const STORE_AWAY_MS = 1_000;

type DeferVerdict = Extract<Verdict, { kind: 'defer' }>;

/**
 * Events that cannot be handled yet, so that nobody waits behind them: kept in the store, tried again by this service with
 * back-off, also after a restart and in the stead of an instance that died, until a bound; then they are dead letters.
 */
export class Deferrals {
  private readonly schedule = new Schedule();
  private readonly running = new Set<Promise<unknown>>();
  private loop: Promise<void> | undefined;
  private stopLooking: (() => void) | undefined;
  private closed = false;
  private lookFrom = 1;
  private leaseEnd = 0;

  constructor(
    private readonly parts: {
      readonly consumer: string;
      readonly instance: string;
      readonly store: DeferredStore;
      readonly dispatcher: Dispatcher;
      readonly deadLetters: DeadLetterBox;
      readonly clock: Clock;
    },
  ) {
    declare(
      'events_deferred',
      'Events that are kept and tried again.',
      Object.keys(BOUNDS).map((cause) => ({ cause })),
    );
  }

  get gauges(): { readonly deferred_waiting: number; readonly deferred_oldest_seconds: number } {
    const { oldest } = this.schedule;
    const now = this.parts.clock.now();
    return {
      deferred_waiting: this.schedule.size,
      deferred_oldest_seconds: oldest === undefined ? 0 : Math.max(0, now - oldest) / 1000,
    };
  }

  /** Takes up what was deferred before, by this instance or one that is gone, now and every minute. */
  start(): void {
    const look = async (): Promise<void> => {
      await this.look().catch((error) => {
        log.warn('deferred events were not looked for', { reason: reason(error) });
      });
    };
    void look();
    this.stopLooking = this.parts.clock.every(LOOK_MS, look);
  }

  /** Stops trying; what waits stays in the store. */
  async close(): Promise<void> {
    this.closed = true;
    this.stopLooking?.();
    await Promise.race([Promise.allSettled(this.running), this.parts.clock.sleep(5_000)]);
  }

  /**
   * Puts events off. Those too large become dead letters.
   * @throws Unavailable when the store is away: then nothing is promised
   */
  async defer(events: readonly { raw: Readonly<Record<string, unknown>>; verdict: DeferVerdict }[]): Promise<void> {
    const now = this.parts.clock.now();
    const drafts = events.map(({ raw, verdict }) => this.draftOf(raw, verdict, now));
    const isLarge = drafts.map(({ event }) => JSON.stringify(event).length > LARGEST);
    for (const [index, { event, reason: why }] of drafts.entries())
      if (isLarge[index]) await this.bury(event, `too large to be tried again later: ${why}`);
    const small = drafts.filter((_, index) => !isLarge[index]);
    const kept = await this.parts.store.keep(small);
    for (const [index, one] of kept.entries()) {
      const draft = small[index]!;
      if (one instanceof StoreRejected) await this.bury(draft.event, `cannot be kept: ${draft.reason}`);
      else {
        count('events_deferred', { cause: draft.cause });
        log.warn('an event is deferred', { event: String(draft.event.id).slice(0, 200), reason: draft.reason });
        this.enter(one, now);
      }
    }
  }

  /** Looks for deferred events that nobody tries, and says that this instance tries its own. */
  async look(): Promise<void> {
    const { store, clock, instance } = this.parts;
    const now = clock.now();
    const owners = await store.owners(instance, now, this.schedule.size > 0 ? this.lease(now) : undefined);
    const { found, end, more } = await store.pointers(this.lookFrom, now);
    this.lookFrom = more ? end : 1;
    for (const { id, at, owner, since, next, callee } of found) {
      if (this.schedule.size >= IN_MEMORY || this.schedule.get(id)) continue;
      if (owner !== instance && (owners[owner] ?? 0) > now) continue;
      const due = Math.max(Date.parse(next) || now, now);
      this.schedule.add({ id, at, since: Date.parse(since) || now, due, callee }, now);
    }
    this.keepGoing();
  }

  /** Tries one now. @returns what came of it; undefined where there is none of this number */
  async replay(id: number): Promise<Verdict | undefined> {
    const deferred = await this.parts.store.byNumber(id);
    if (!deferred) return undefined;
    const entry = this.enter(deferred, this.parts.clock.now());
    if (entry.running) return { kind: 'retry', reason: 'it is being tried at this moment' };
    this.schedule.begin(entry);
    return this.attempt(entry);
  }

  /** Throws one away. @returns false where there is none of this number */
  async drop(id: number): Promise<boolean> {
    const deferred = await this.parts.store.byNumber(id);
    if (!deferred) return false;
    await this.parts.store.remove(deferred);
    this.schedule.delete(id);
    log.warn('a deferred event was dropped', { deferred: id, event: deferred.event.id });
    return true;
  }

  private draftOf(event: Readonly<Record<string, unknown>>, verdict: DeferVerdict, now: number): Omit<Deferred, 'id'> {
    const at = new Date(now).toISOString();
    const { consumer, instance: owner } = this.parts;
    const { cause, callee, reason: why, done } = verdict;
    const next = new Date(now + (cause === 'size' ? 0 : FIRST_WAIT_MS)).toISOString();
    const counts = { attempts: 1, causeAttempts: 1, ...(callee === undefined ? {} : { callee }) };
    const key = hashOf(JSON.stringify(event));
    return { key, consumer, reason: why, cause, since: at, causeSince: at, next, ...counts, owner, done, event };
  }

  private enter({ id, key, since, next, callee }: Deferred, now: number): Entry {
    const at = naturalKey(Deferred, key);
    if (this.leaseEnd < now)
      void this.parts.store.owners(this.parts.instance, now, this.lease(now)).catch(() => undefined);
    const entry = this.schedule.add({ id, at, since: Date.parse(since), due: Date.parse(next), callee }, now);
    this.keepGoing();
    return entry;
  }

  private lease(now: number): number {
    this.leaseEnd = now + LEASE_MS;
    return this.leaseEnd;
  }

  private keepGoing(): void {
    if (this.loop || this.closed || this.schedule.size === 0) return;
    this.loop = this.go().finally(() => {
      this.loop = undefined;
    });
  }

  private async go(): Promise<void> {
    const { clock } = this.parts;
    while (!this.closed && this.schedule.size > 0) {
      while (this.running.size < AT_ONCE) {
        const entry = this.schedule.take(clock.now());
        if (!entry) break;
        const attempt = this.attempt(entry).finally(() => this.running.delete(attempt));
        this.running.add(attempt);
      }
      await Promise.race([clock.sleep(TICK_MS), ...this.running]);
    }
  }

  /** Handles a deferred event once more. */
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
      const [verdict = { kind: 'done' } as const] = event
        ? await dispatcher.dispatch([{ event, done: deferred.done }])
        : [];
      if (verdict.kind === 'retry') this.schedule.release(entry, clock.now() + STORE_AWAY_MS);
      else if (verdict.kind === 'defer') await this.again(entry, deferred, verdict);
      else {
        if (verdict.kind === 'dead') await this.bury(deferred.event, verdict.reason);
        await store.remove(deferred);
        this.end(entry);
      }
      return verdict;
    } catch (error) {
      log.warn('a deferred event waits for the store', { deferred: entry.id, reason: reason(error) });
      this.schedule.release(entry, clock.now() + STORE_AWAY_MS);
      return { kind: 'retry', reason: (error as Error).message };
    }
  }

  private end(entry: Entry): void {
    this.schedule.reached(entry);
    this.schedule.delete(entry.id);
  }

  /** It failed once more: it waits longer or, beyond its bound, becomes a dead letter. */
  private async again(
    entry: Entry,
    before: Deferred,
    { cause, callee, reason: why, done }: DeferVerdict,
  ): Promise<void> {
    const { store, clock, instance } = this.parts;
    const now = clock.now();
    const isSame = before.cause === cause;
    const causeSince = isSame ? before.causeSince : new Date(now).toISOString();
    const causeAttempts = isSame ? before.causeAttempts + 1 : 1;
    const { ms, attempts, text } = BOUNDS[cause];
    const isOver = now - Date.parse(before.since) > LONGEST_MS;
    if (isOver || now - Date.parse(causeSince) > ms || causeAttempts >= attempts) {
      await this.bury(before.event, `given up, ${isOver ? BOUNDS.callee.text : text}: ${why}`);
      await store.remove(before);
      this.end(entry);
      return;
    }
    // The rest of a large event goes on at once, as long as there is progress.
    const due = now + (cause === 'size' && done.length > before.done.length ? 0 : backOff(causeAttempts));
    const { callee: _, ...rest } = before;
    await store.save({
      ...rest,
      ...(callee === undefined ? {} : { callee }),
      ...{ cause, reason: why, done, causeSince, causeAttempts, owner: instance },
      attempts: before.attempts + 1,
      next: new Date(due).toISOString(),
    });
    this.schedule.back(entry, due, callee, now);
  }

  private bury(event: Readonly<Record<string, unknown>>, why: string): Promise<void> {
    return this.parts.deadLetters.bury({ event, reason: why });
  }
}
