import { setTimeout as later } from 'node:timers/promises';

/** Time as the kit uses it; a simulation puts its own in its stead. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some moment, by a clock that never goes back and is never set. */
  monotonic(): number;
  /** Waits, and ends early (without an error) when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Does work once, later. It keeps no process alive.
   * @returns keeps it from being done
   */
  after(ms: number, work: () => void): () => void;
  /**
   * Does work again and again, never twice at once; a time that comes while it is still at work is left out. What the
   * work throws is its own business: it must not throw. It keeps no process alive.
   * @returns ends it
   */
  every(ms: number, work: () => void | Promise<void>): () => void;
}

/** The time of this machine. */
export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => later(ms, undefined, signal ? { signal } : {}).catch(() => undefined),
  after(ms, work) {
    const timer = setTimeout(work, ms).unref();
    return () => clearTimeout(timer);
  },
  every(ms, work) {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      const working = work();
      if (!working) return;
      busy = true;
      void working.finally(() => {
        busy = false;
      });
    }, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};
