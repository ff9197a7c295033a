import type { Clock } from '../../services/kit/index.ts';

/** A process of the simulation: what it waits for does not come while it is paused, and never once it is dead. */
export interface Owner {
  dead: boolean;
  /** Until then it stands still. */
  pausedUntil: number;
  /** Milliseconds by which its clock on the wall is wrong. */
  skew: number;
}

interface Due {
  at: number;
  readonly order: number;
  readonly work: () => void;
  readonly owner: Owner | undefined;
  off: boolean;
}

/** So many events at one moment are a loop. */
const MOST_AT_ONCE = 100_000;

const START = Date.parse('2026-01-01T00:00:00Z');

/** Simulated time. Whatever happens is one event after the other, in the order of their times; nothing happens between. */
export class Time {
  /** Milliseconds since the beginning. */
  now = 0;
  steps = 0;
  private order = 0;
  private readonly heap: Due[] = [];

  /** Does something later. @returns keeps it from being done */
  after(ms: number, work: () => void, owner?: Owner): () => void {
    const due = { at: this.now + Math.max(0, ms), order: this.order++, work, owner, off: false };
    this.push(due);
    return () => {
      due.off = true;
    };
  }

  sleep(ms: number, owner?: Owner, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const stop = this.after(ms, () => over(), owner);
      const over = (): void => {
        stop();
        signal?.removeEventListener('abort', over);
        resolve();
      };
      signal?.addEventListener('abort', over);
    });
  }

  /**
   * Lets one event after the other happen, until it is done or its time is over.
   * @returns whether it was done
   * @throws when something happens again and again and lets no time pass
   */
  async run(isDone: () => boolean, untilMs: number): Promise<boolean> {
    await quiet();
    let [instant, steps] = [this.now, this.steps];
    while (!isDone()) {
      if (this.now > instant) [instant, steps] = [this.now, this.steps];
      if (this.steps - steps > MOST_AT_ONCE)
        throw new Error(`Time stands still at ${instant} ms: something looks again and again.`);
      const due = this.pop();
      if (!due) return false;
      if (due.at > untilMs) {
        this.push(due);
        this.now = untilMs;
        return false;
      }
      this.now = Math.max(this.now, due.at);
      if (due.off || due.owner?.dead) continue;
      if (due.owner && due.owner.pausedUntil > this.now) {
        this.push({ ...due, at: due.owner.pausedUntil });
        continue;
      }
      this.steps++;
      due.off = true;
      due.work();
      await quiet();
    }
    return true;
  }

  /** The clock that a process sees. */
  clockOf(owner: Owner): Clock {
    return {
      now: () => START + Math.floor(this.now) + owner.skew,
      monotonic: () => this.now,
      sleep: (ms, signal) => this.sleep(ms, owner, signal),
      after: (ms, work) => this.after(ms, work, owner),
      every: (ms, work) => {
        let [busy, over] = [false, false];
        const tick = (): void => {
          if (over) return;
          this.after(ms, tick, owner);
          if (busy) return;
          const working = work();
          if (!working) return;
          busy = true;
          void working.finally(() => {
            busy = false;
          });
        };
        this.after(ms, tick, owner);
        return () => {
          over = true;
        };
      },
    };
  }

  private push(due: Due): void {
    const { heap } = this;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (before(heap[up]!, due)) break;
      heap[at] = heap[up]!;
      at = up;
    }
    heap[at] = due;
  }

  private pop(): Due | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    for (let at = 0; ; ) {
      let down = 2 * at + 1;
      if (down + 1 < heap.length && before(heap[down + 1]!, heap[down]!)) down++;
      const child = heap[down];
      if (!child || before(last, child)) {
        heap[at] = last;
        return first;
      }
      heap[at] = child;
      at = down;
    }
  }
}

const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Lets everything happen that waits for no time. */
const quiet = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
