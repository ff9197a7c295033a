import type { Sidecar } from '../dapr/sidecar.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Recovery } from './recovery.ts';
import { type OutboxRecord, readSlots } from './ring.ts';

/**
 * Records left free behind those of a former life: its last transactions may reach the store after we have read it. It may
 * look for the outcome of 127 commits at once (Settler), each with a record of its own beside the one they shared.
 */
export const LATE = 256;
/** For how many milliseconds they may. */
const LATE_MS = 60_000;

/** Publishes what the last transactions of the former life of this instance wrote after its ring was read. */
export class LateRecords {
  private readonly until: number;
  private readonly seen = new Set<number>();
  private open = 0;

  /** @param top the first number that the former life had not used when its ring was read */
  constructor(
    private readonly sidecar: Pick<Sidecar, 'state'>,
    private readonly recovery: Recovery,
    private readonly ring: string,
    private readonly top: number,
    private readonly clock: Clock,
  ) {
    this.until = clock.now() + LATE_MS;
  }

  /** Nothing can come any more. */
  get isOver(): boolean {
    return this.clock.now() >= this.until;
  }

  /** All that came is published. */
  get isPublished(): boolean {
    return this.open === 0;
  }

  /** Looks for what came meanwhile. @throws Unavailable */
  async takeUp(): Promise<void> {
    const { top, seen } = this;
    const stored = await readSlots(this.sidecar, this.ring, { from: top, count: LATE });
    const found = stored.flatMap(({ value }) => {
      const record = value as OutboxRecord | undefined;
      return record && record.seq >= top && record.seq < top + LATE && !seen.has(record.seq) ? [record] : [];
    });
    const stand = await this.recovery.examine(found);
    for (const { seq } of found) seen.add(seq);
    this.open += found.length;
    this.recovery.takeUp(found, stand, () => this.open--);
  }
}
