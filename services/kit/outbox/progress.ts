import type { Clock } from '../runtime/clock.ts';
import { log } from '../telemetry/telemetry.ts';

const STALLED_MS = 10_000;

/** For how many seconds something has waited, where that is too long. */
export const secondsTooLong = (now: number, since: number): number | undefined =>
  now - since > STALLED_MS ? Math.round((now - since) / 1000) : undefined;

/** Whether the broker takes anything of one topic, and what it says while it does not. */
export class Progress {
  private since: number;
  private inner = '';
  private loggedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly topic: string,
    private readonly clock: Clock,
  ) {
    this.since = clock.now();
  }

  /** It took something, or there was nothing to take. */
  made(): void {
    this.since = this.clock.now();
  }

  /** It took nothing. @param waiting documents whose events wait */
  failed(inner: string, waiting: number): void {
    this.inner = inner;
    const now = this.clock.now();
    if (now - this.loggedAt < STALLED_MS) return;
    this.loggedAt = now;
    log.warn('events wait in the outbox', { topic: this.topic, documents: waiting, reason: inner });
  }

  /** Why there is none, for operators; undefined while there is. */
  get stalled(): string | undefined {
    const seconds = secondsTooLong(this.clock.now(), this.since);
    return seconds === undefined
      ? undefined
      : `the broker has taken no event for ${seconds} s: ${this.inner || 'no answer yet'}`;
  }
}
