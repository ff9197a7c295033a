import { CREATE, type Sidecar } from '../dapr/sidecar.ts';
import type { Clock } from '../runtime/clock.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import type { Recovery } from './recovery.ts';
import { type OutboxRecord, type RingContent, readRing, slot } from './ring.ts';

/** The ring of another instance whose lease ran out. */
interface Orphan {
  lookedAt: number;
  /** It is being read, or something of it is not published yet. */
  busy: boolean;
  /** What was taken up already: not again, though it may still stand in the ring as not retired. */
  readonly taken: Set<number>;
}

const LOOK_AGAIN_MS = 30_000;

/** Looks after the rings of instances that nobody renews: reads one at a time, and has their events published. */
export class Adoption {
  private readonly orphans = new Map<string, Orphan>();
  private looking: Promise<void> = Promise.resolve();
  private unread = 0;

  constructor(
    private readonly sidecar: Pick<Sidecar, 'state' | 'write'>,
    private readonly recovery: Recovery,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {}

  /** Orphans that are not read yet. */
  get backlog(): number {
    return this.unread;
  }

  /** The orphans that this instance looks after now. */
  get claimed(): readonly string[] {
    return [...this.orphans].flatMap(([ring, { busy }]) => (busy ? [ring] : []));
  }

  /** Whether an orphan is to be looked at, by this instance, now: again from time to time, its owner may only be paused. */
  wanted(ring: string): boolean {
    const orphan = this.orphans.get(ring);
    return !orphan || (!orphan.busy && this.clock.now() - orphan.lookedAt >= LOOK_AGAIN_MS);
  }

  /** Whether all is published that was found of an orphan. */
  finished(ring: string): boolean {
    return this.orphans.get(ring)?.busy === false;
  }

  /** Looks after these orphans, one after the other, off the caller's path. */
  adopt(rings: readonly string[]): void {
    for (const ring of rings) {
      const orphan = { taken: new Set<number>(), ...this.orphans.get(ring), lookedAt: this.clock.now(), busy: true };
      this.orphans.set(ring, orphan);
      this.unread++;
      this.looking = this.looking.then(() => this.look(ring, orphan));
    }
  }

  private async look(ring: string, orphan: Orphan): Promise<void> {
    try {
      if (!this.signal.aborted) await this.publish(ring, orphan, await readRing(this.sidecar, ring));
    } catch (error) {
      log.warn('what an instance left was not taken up; it is looked at again', {
        instance: ring,
        reason: reason(error),
      });
      // Neither looked at nor finished: the next renewal finds it again.
      this.orphans.set(ring, { ...orphan, lookedAt: Number.NEGATIVE_INFINITY, busy: false });
    } finally {
      this.unread--;
    }
  }

  private async publish(ring: string, orphan: Orphan, content: RingContent): Promise<void> {
    const records = content.records.filter(({ seq }) => !orphan.taken.has(seq));
    const stand = await this.recovery.examine(records);
    if (records.length > 0) log.info('publishing what an instance left', { instance: ring, records: records.length });
    for (const { seq } of records) orphan.taken.add(seq);
    let left = records.length + 1;
    const one = (): void => {
      if (--left > 0) return;
      const first = content.records[0]?.seq ?? content.hole;
      const marked = first < content.hole ? this.retire(ring, orphan, content) : Promise.resolve();
      void marked.finally(() => {
        orphan.busy = false;
      });
    };
    this.recovery.takeUp(records, stand, one);
    one();
  }

  /**
   * Says in an orphan's ring that all is published up to the first number that was not seen: its owner may only be paused,
   * and the record of that number on its way. What lies behind is remembered, and the late one is found by another look.
   */
  private async retire(ring: string, orphan: Orphan, { top, hole, etagAtTop }: RingContent): Promise<void> {
    const end: OutboxRecord = { seq: top, retired: hole < top ? hole : top + 1, entries: [] };
    try {
      // Not over a record that its owner, come back meanwhile, has written.
      await this.sidecar.write([{ key: slot(ring, top), value: end, etag: etagAtTop ?? CREATE }]);
      for (const seq of orphan.taken) if (seq < end.retired) orphan.taken.delete(seq);
    } catch (error) {
      log.info('the end of an orphan was not marked', { instance: ring, reason: reason(error) });
    }
  }
}
