import type { Clock } from '../runtime/clock.ts';

/** A batch that comes so soon after the answer to the one before is one of many: events keep coming. */
const SOON_MS = 10;
/**
 * Milliseconds from batch to batch for each event of a batch, and at most. So batches grow with the load: where events come
 * more often than every 4 ms, each batch is larger than the one before, up to 40 ms of events; where they are rarer, an
 * event and its followers meet less patience than a fixed time would be.
 */
const PER_EVENT_MS = 4;
const MOST_MS = 40;
/** A batch of so many events is large enough. */
const FULL_BATCH = 50;

/**
 * The time between batches. While events keep coming, the answer to a batch is what the next one waits for: a little
 * patience makes that one larger, and each batch costs about the same whatever its size. Nothing waits when it is quiet.
 */
export class BatchPace {
  private answered = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Pick<Clock, 'monotonic' | 'sleep'>) {}

  /** Waits until a batch is to be answered. @param began when it came, by the monotonic clock; size how many events it has */
  async keep(began: number, size: number): Promise<void> {
    if (began - this.answered < SOON_MS && size < FULL_BATCH) {
      const pace = Math.min(MOST_MS, PER_EVENT_MS * size);
      await this.clock.sleep(Math.max(0, began + pace - this.clock.monotonic()));
    }
    this.answered = this.clock.monotonic();
  }
}
