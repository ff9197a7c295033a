import { KitError } from '../errors.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import type { Clock } from './clock.ts';

const FIRST_MS = 50;
const LONGEST_MS = 2_000;
/** How often the log says again that a step still does not succeed. */
const REMIND_MS = 30_000;
const CLOSE_MS = 2_000;

/** How far a start has come. */
export interface Progress {
  /** What the start waits for; undefined when it has ended. */
  waitingFor: string | undefined;
}

/** A part of a start: `what` completes the sentence "it waits for ...". */
export interface Step {
  readonly what: string;
  run(): Promise<void> | void;
}

/**
 * Runs the steps of a start one after the other. A step whose failure may pass (its store is away) is tried again until it
 * succeeds, without a time limit.
 * @param at.signal ends it
 * @throws what only a person can mend, which is each error that does not say that trying again may help
 */
export async function startUp(
  steps: readonly Step[],
  progress: Progress,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  for (const { what, run } of steps) {
    progress.waitingFor = what;
    let loggedAt = Number.NEGATIVE_INFINITY;
    for (let wait = FIRST_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_MS)) {
      try {
        await run();
        break;
      } catch (error) {
        if (!(error instanceof KitError && error.retryable)) throw error;
        if (wait > FIRST_MS * 8 && clock.monotonic() - loggedAt > REMIND_MS) {
          loggedAt = clock.monotonic();
          log.warn(`the start waits for ${what}`, { reason: reason(error) });
        }
        await clock.sleep(wait, signal);
      }
    }
    if (signal.aborted) return;
  }
  progress.waitingFor = undefined;
}

/** Closes parts one after the other; one that fails or takes too long is noted, and keeps nothing else from closing. */
export async function closeAll(
  parts: Readonly<Record<string, () => Promise<void> | void>>,
  clock: Clock,
): Promise<void> {
  for (const [part, close] of Object.entries(parts)) {
    const late = new AbortController();
    const tooLate = clock.sleep(CLOSE_MS, late.signal).then(() => {
      if (!late.signal.aborted) log.warn('a part does not close in time', { part });
    });
    const closed = Promise.resolve()
      .then(close)
      .catch((error) => log.warn('a part does not close cleanly', { part, reason: reason(error) }));
    await Promise.race([closed, tooLate]);
    late.abort();
  }
}
