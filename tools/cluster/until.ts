import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks until there is an answer.
 * @param what is awaited, for the error
 * @param everyMs between two looks
 * @throws Error when there is none within the limit
 */
export async function until<T>(
  what: string,
  limitMs: number,
  look: () => Promise<T | undefined>,
  everyMs = 250,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await sleep(everyMs);
  }
}
