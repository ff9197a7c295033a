import type { Clock } from '../runtime/clock.ts';
import { FIRST_RETRY_MS, type Line } from './line.ts';
import { secondsTooLong } from './progress.ts';

/** Lines whose head was refused: each is tried again when its time has come, beside the rest of the lane. */
export class HeldLines {
  private readonly lines = new Set<Line>();
  private retrying = false;

  /** @param send tries some of those that are due, and takes them out */
  constructor(
    private readonly context: { readonly clock: Clock; readonly signal: AbortSignal },
    private readonly send: (due: Set<Line>) => Promise<void>,
  ) {}

  get size(): number {
    return this.lines.size;
  }

  /** Which of them has waited too long, for operators; undefined: none. */
  get stalled(): string | undefined {
    const now = this.context.clock.now();
    for (const { head, subject, inner } of this.lines) {
      const seconds = secondsTooLong(now, head.since);
      if (seconds !== undefined) return `an event of ${subject} waits for ${seconds} s: ${inner}`;
    }
    return undefined;
  }

  add(line: Line): void {
    this.lines.add(line);
    if (!this.retrying) void this.retry();
  }

  delete(line: Line): void {
    this.lines.delete(line);
  }

  private async retry(): Promise<void> {
    const { clock, signal } = this.context;
    this.retrying = true;
    while (this.lines.size > 0 && !signal.aborted) {
      const now = clock.monotonic();
      const due = new Set([...this.lines].filter(({ retryAt }) => retryAt <= now));
      if (due.size > 0) await this.send(due);
      else {
        const first = Math.min(...[...this.lines].map(({ retryAt }) => retryAt));
        await clock.sleep(Math.min(Math.max(first - now, 1), FIRST_RETRY_MS), signal);
      }
    }
    this.retrying = false;
  }
}
