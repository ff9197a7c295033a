import type { Clock } from '../runtime/clock.ts';

/** Milliseconds from publication to publication on average, and for which an event waits for company at most. */
const PACE_MS = 15;
/** After a pause so many publications follow the first one at once. */
const MORE = 2;
/** So many events wait for no more company. */
const COMPANY = 50;

/**
 * The time between publications. A publication costs about the same whatever it carries, so while many events come, those
 * that come within a few milliseconds go out together. Nothing waits when it is quiet, nor what has waited already.
 */
export class PublicationPace {
  /** When the next one is due, by the monotonic clock. */
  private due = Number.NEGATIVE_INFINITY;

  /** @param hurry aborted when nothing is to wait any more */
  constructor(
    private readonly clock: Pick<Clock, 'now' | 'monotonic' | 'sleep'>,
    private readonly hurry: AbortSignal,
  ) {}

  /** Waits until the next publication is to go out. @param size events that are ready; oldest since when the first of them waits */
  async keep(size: number, oldest: number): Promise<void> {
    const { clock } = this;
    const wait = Math.min(this.due - clock.monotonic(), oldest + PACE_MS - clock.now());
    if (wait > 0 && size < COMPANY) await clock.sleep(wait, this.hurry);
    const now = clock.monotonic();
    this.due = Math.min(now, Math.max(this.due, now - MORE * PACE_MS)) + PACE_MS;
  }
}
