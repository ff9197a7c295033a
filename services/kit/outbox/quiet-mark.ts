import type { Sidecar } from '../dapr/sidecar.ts';
import type { Clock } from '../runtime/clock.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { type OutboxRecord, type Ring, slot } from './ring.ts';

/** Milliseconds without new work after which all is quiet. */
const QUIET_MS = 250;

/** Tells the store, when all is published and nothing has happened for a while, that it is; else a record of new work tells it. */
export class QuietMark {
  private flushed = 0;
  private marking = false;

  constructor(
    private readonly sidecar: Pick<Sidecar, 'write'>,
    private readonly ring: Ring,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {}

  /** The store knows what the ring was resumed from. */
  begin(): void {
    this.flushed = this.ring.low;
  }

  /** Something was published: tells it when it is quiet. */
  whenQuiet(): void {
    if (this.marking || this.signal.aborted || !this.isDue) return;
    this.marking = true;
    void this.mark()
      .catch((error) => log.warn('outbox mark not written', { reason: reason(error) }))
      .finally(() => {
        this.marking = false;
      });
  }

  /** Tells it now, if there is anything to tell. @throws Unavailable */
  async now(): Promise<void> {
    if (!this.isDue) return;
    const seq = this.ring.mark();
    const retired = this.ring.low;
    const value: OutboxRecord = { seq, retired, entries: [] };
    await this.sidecar.write([{ key: slot(this.ring.name, seq), value }]);
    this.flushed = retired;
  }

  private get isDue(): boolean {
    return this.ring.idle && this.ring.low > this.flushed;
  }

  private async mark(): Promise<void> {
    for (let at = -1; at !== this.ring.next; ) {
      at = this.ring.next;
      await this.clock.sleep(QUIET_MS, this.signal);
      if (!this.ring.idle || this.signal.aborted) return;
    }
    await this.now();
  }
}
