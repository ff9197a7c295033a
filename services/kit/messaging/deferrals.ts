import { StoreRejected } from '../errors.ts';
import { naturalKey } from '../persistence/records.ts';
import { count, declare } from '../telemetry/metrics.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { BOUNDS, type DeferVerdict, deferredAt } from './deferral-terms.ts';
import { DeferralWorker, type WorkerParts } from './deferral-worker.ts';
import { Deferred } from './deferred-store.ts';
import type { Verdict } from './failure.ts';
import type { Entry } from './schedule.ts';

/** Characters of an event that is deferred at most. */
const LARGEST = 256 * 1024;
/** How often the store is looked into, and how often it may be while it has more than there is room for in memory. */
const LOOK_MS = 60_000;
const MORE_MS = 5_000;
const LEASE_MS = 180_000;
/** Events that wait in memory; of more than these the store remembers the rest. */
const IN_MEMORY = 10_000;

/**
 * Events that cannot be handled yet, so that nobody waits behind them: kept in the store, tried again by this service with
 * back-off, also after a restart and in the stead of an instance that died, until a bound; then they are dead letters.
 */
export class Deferrals {
  private readonly worker: DeferralWorker;
  private stopLooking: (() => void) | undefined;
  private lookFrom = 1;
  private leaseEnd = 0;
  /** The store has some that this instance is to try and has no room for. */
  private hasMore = false;

  constructor(
    private readonly parts: WorkerParts,
    private readonly most = IN_MEMORY,
  ) {
    this.worker = new DeferralWorker(parts);
    declare(
      'events_deferred',
      'Events that are kept and tried again.',
      Object.keys(BOUNDS).map((cause) => ({ cause })),
    );
  }

  get gauges(): { readonly deferred_waiting: number; readonly deferred_oldest_seconds: number } {
    const { size, oldest } = this.worker.schedule;
    const now = this.parts.clock.now();
    return {
      deferred_waiting: size,
      deferred_oldest_seconds: oldest === undefined ? 0 : Math.max(0, now - oldest) / 1000,
    };
  }

  /** Takes up what was deferred before, by this instance or one that is gone, now and every minute. */
  start(): void {
    let turns = 0;
    const look = async (): Promise<void> => {
      const isRoom = this.hasMore && this.worker.schedule.size <= this.most / 2;
      if (turns++ % (LOOK_MS / MORE_MS) > 0 && !isRoom) return;
      await this.look().catch((error) => {
        log.warn('deferred events were not looked for', { reason: reason(error) });
      });
    };
    void look();
    this.stopLooking = this.parts.clock.every(MORE_MS, look);
  }

  /** Stops trying; what waits stays in the store. */
  async close(): Promise<void> {
    this.stopLooking?.();
    await this.worker.close();
  }

  /**
   * Puts events off. Those too large become dead letters.
   * @throws Unavailable when the store is away: then nothing is promised
   */
  async defer(events: readonly { raw: Readonly<Record<string, unknown>>; verdict: DeferVerdict }[]): Promise<void> {
    const { clock, store } = this.parts;
    const drafts = events.map(({ raw, verdict }) => deferredAt(clock.now(), this.parts, raw, verdict));
    const small = drafts.filter(({ event }) => JSON.stringify(event).length <= LARGEST);
    for (const { event, reason: why } of drafts.filter((draft) => !small.includes(draft)))
      await this.bury(event, `too large to be tried again later: ${why}`);
    const kept = await store.keep(small);
    for (const [index, one] of kept.entries()) {
      const draft = small[index]!;
      if (one instanceof StoreRejected) await this.bury(draft.event, `cannot be kept: ${draft.reason}`);
      else {
        count('events_deferred', { cause: draft.cause });
        log.warn('an event is deferred', { event: String(draft.event.id).slice(0, 200), reason: draft.reason });
        if (this.worker.schedule.size < this.most) this.enter(one);
        else this.hasMore = true;
      }
    }
  }

  /** Looks for deferred events that nobody tries, and says that this instance tries its own. */
  async look(): Promise<void> {
    const { store, clock, instance } = this.parts;
    const { schedule } = this.worker;
    const now = clock.now();
    const owners = await store.owners(instance, now, schedule.size > 0 ? this.lease(now) : undefined);
    const { found, end, more } = await store.pointers(this.lookFrom, now);
    this.lookFrom = more ? end : 1;
    this.hasMore = more;
    for (const { id, at, owner, since, next, callee } of found) {
      if (schedule.get(id) || (owner !== instance && (owners[owner] ?? 0) > now)) continue;
      if (schedule.size >= this.most) {
        this.hasMore = true;
        break;
      }
      this.worker.enter({ id, at, since: Date.parse(since) || now, next, callee });
    }
  }

  /** Tries one now. @returns what came of it; undefined where there is none of this number */
  async replay(id: number): Promise<Verdict | undefined> {
    const deferred = await this.parts.store.byNumber(id);
    return deferred && this.worker.tryNow(this.enter(deferred));
  }

  /** Throws one away. @returns false where there is none of this number */
  async drop(id: number): Promise<boolean> {
    const deferred = await this.parts.store.byNumber(id);
    if (!deferred) return false;
    await this.parts.store.remove(deferred);
    this.worker.schedule.delete(id);
    log.warn('a deferred event was dropped', { deferred: id, event: String(deferred.event.id).slice(0, 200) });
    return true;
  }

  private enter({ id, key, since, next, callee }: Deferred): Entry {
    const { store, clock, instance } = this.parts;
    const now = clock.now();
    // Until this is said, another instance may try the same event, which has its effect once all the same.
    if (this.leaseEnd < now) void store.owners(instance, now, this.lease(now)).catch(() => undefined);
    const at = naturalKey(Deferred, key);
    return this.worker.enter({ id, at, since: Date.parse(since), next, callee });
  }

  private lease(now: number): number {
    this.leaseEnd = now + LEASE_MS;
    return this.leaseEnd;
  }

  private bury(event: Readonly<Record<string, unknown>>, why: string): Promise<void> {
    return this.parts.deadLetters.bury({ event, reason: why });
  }
}
