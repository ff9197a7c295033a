import type { Addresses } from '../process.ts';
import { headersFor } from '../tokens.ts';
import { type Lag, lagReader } from './lag.ts';
import { askEntrance, askService, type Progress, progressOf } from './progress.ts';
import { trim } from './retention.ts';

/** A service replica that can be asked. */
export interface Observed {
  readonly appId: string;
  readonly system: string;
  readonly instance: string;
  readonly isEntrance: boolean;
  readonly port: number;
  /** Its processes are up. */
  readonly isUp: boolean;
}

/** The look at each service, and at the broker. What stands still in two looks does not move. */
const EVERY_MS = 4_000;
const TRIM_EVERY_MS = 60_000;

/** Looks at what runs, again and again, and knows of each service whether it makes progress. */
export class Observer {
  private readonly known = new Map<string, Progress>();
  private readonly before = new Map<string, Lag>();
  private readonly broker: ReturnType<typeof lagReader>;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private trimmedAt = Date.now();

  constructor(
    private readonly addresses: Addresses,
    private readonly services: () => readonly Observed[],
    private readonly secret: string | undefined,
  ) {
    this.broker = lagReader(addresses);
    void this.again();
  }

  /** Of the last look; undefined when there was none yet. */
  of(instance: string): Progress | undefined {
    return this.known.get(instance);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.broker.close().catch(() => undefined);
  }

  private async again(): Promise<void> {
    await this.look().catch(() => undefined);
    if (!this.closed) this.timer = setTimeout(() => void this.again(), EVERY_MS).unref();
  }

  private async look(): Promise<void> {
    const services = this.services();
    const systems = [...new Set(services.map(({ system }) => system))];
    // A broker that is away is told by its own state, and by the outboxes.
    const lags = await this.broker.read(systems).catch(() => new Map<string, Lag>());
    await Promise.all(
      services.map(async ({ appId, instance, isEntrance, port, isUp }) => {
        if (!isUp) {
          this.known.delete(instance);
          return;
        }
        const lag = lags.get(appId);
        const standing = isEntrance ? await askEntrance(port) : await askService(port, headersFor(this.secret, appId));
        const stands = lag !== undefined && lag.events > 0 && lag.position === this.before.get(appId)?.position;
        this.known.set(instance, progressOf(standing, lag && { ...lag, stands }));
      }),
    );
    if (!this.addresses.kafka && Date.now() - this.trimmedAt > TRIM_EVERY_MS) {
      this.trimmedAt = Date.now();
      await trim(this.addresses.redis, systems).catch(() => undefined);
    }
    this.before.clear();
    for (const [appId, lag] of lags) this.before.set(appId, lag);
  }
}
