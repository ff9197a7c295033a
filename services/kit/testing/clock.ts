import type { Clock } from '../runtime/clock.ts';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  private readonly timers = new Set<Timer>();

  constructor(private time = Date.parse('2026-01-01T00:00:00Z')) {}

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.time + ms, fire: work };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = { at: this.time + ms, fire: resolve };
      this.timers.add(timer);
      signal?.addEventListener('abort', () => {
        this.timers.delete(timer);
        resolve();
      });
    });
  }

  every(ms: number, work: () => void | Promise<void>): () => void {
    const over = new AbortController();
    void (async () => {
      for (;;) {
        await this.sleep(ms, over.signal);
        if (over.signal.aborted) return;
        await work();
      }
    })();
    return () => over.abort();
  }

  /** Lets this time go by, and everything happen that is due in it, in its order. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    await quiet();
    for (;;) {
      const next = [...this.timers].sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > end) break;
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.fire();
      await quiet();
    }
    this.time = end;
  }
}

/** Milliseconds for which batches, publications and the like wait for company at most. */
const PACE_MS = 40;

/** A clock by which nothing waits for company: a spec neither moves time for that nor waits for it. */
export const unpaced = (clock: Clock): Clock => ({
  now: () => clock.now(),
  monotonic: () => clock.monotonic(),
  sleep: (ms, signal) => (ms > PACE_MS ? clock.sleep(ms, signal) : new Promise((resolve) => setImmediate(resolve))),
  after: (ms, work) => clock.after(ms, work),
  every: (ms, work) => clock.every(ms, work),
});

/** Lets everything happen that waits for no time. */
async function quiet(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
}
