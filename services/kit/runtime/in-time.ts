import type { Clock } from './clock.ts';

/**
 * Waits for work, but not longer than so many milliseconds; what takes longer goes on unwatched.
 * @returns whether it was done in time
 * @throws what the work throws in time
 */
export async function inTime(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController();
  work.catch(() => undefined);
  const tooLate = clock.sleep(ms, over.signal).then(() => false);
  return Promise.race([work.then(() => true), tooLate]).finally(() => over.abort());
}
