import type { Clock } from '../runtime/clock.ts';

/** Milliseconds after which a second transaction goes out beside one that is still under way: one lost answer holds up nobody. */
const SLOW_MS = 250;

/** One transaction at a time: what comes meanwhile shares the next one. Beside one that is slow a second goes out. */
export class Turn {
  /** When those that are under way were begun, the oldest first. */
  private readonly underWay: number[] = [];
  private looksAgain = false;

  /** @param next what is done when a turn may have come */
  constructor(
    private readonly clock: Pick<Clock, 'monotonic' | 'after'>,
    private readonly next: () => void,
  ) {}

  get hasCome(): boolean {
    const [oldest, second] = this.underWay;
    return oldest === undefined || (second === undefined && this.clock.monotonic() - oldest >= SLOW_MS);
  }

  /** @param work never rejects */
  take(work: () => Promise<void>): void {
    const begun = this.clock.monotonic();
    this.underWay.push(begun);
    void work().finally(() => {
      this.underWay.splice(this.underWay.indexOf(begun), 1);
      this.next();
    });
  }

  /** Something waits for its turn: it comes at the latest when the transaction under way has become slow. */
  await(): void {
    const [oldest, second] = this.underWay;
    if (oldest === undefined || second !== undefined || this.looksAgain) return;
    this.looksAgain = true;
    // At least a millisecond: a time that is only nearly over would be looked at again and again.
    this.clock.after(Math.max(1, oldest + SLOW_MS - this.clock.monotonic()), () => {
      this.looksAgain = false;
      this.next();
    });
  }
}
