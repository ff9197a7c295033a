import type { Router } from 'express';
import express from 'express';
import type { z } from 'zod';
import type { Sidecar } from '../dapr/sidecar.ts';
import { did } from '../telemetry/activity.ts';
import { log, reason, withoutClient } from '../telemetry/telemetry.ts';
import { type Clock, realClock } from './clock.ts';

const RENEWAL_MS = 30_000;
/** A sidecar answers a moment before its subscription holds. */
const BEGINNING_MS = 1_000;

/**
 * The service's configuration: the keys of its ConfigMap, read at start and followed live.
 * A key that is absent or malformed at start stops the service with a sentence that names it; a malformed change is
 * refused in the log and the last good value stays. Subscriptions vanish when a sidecar restarts and lost updates are
 * only logged by it, so both are renewed every 30 s; the subscription before is given up, for a sidecar keeps each one,
 * with connections of its own. What the sidecar tells is a hint that something has changed: words can overtake each
 * other, so the values are read.
 */
export class Configuration<T extends Record<string, unknown>> {
  private raw: Record<string, string> = {};
  private values: T | undefined;
  private endRenewals: (() => void) | undefined;
  private endBeginning: (() => void) | undefined;
  private subscription: string | undefined;
  private renewing: Promise<void> | undefined;
  private reading: Promise<void> | undefined;
  private isChangedAgain = false;

  constructor(
    private readonly sidecar: Sidecar,
    private readonly schema: z.ZodObject,
    private readonly clock: Clock = realClock,
  ) {}

  /** The values now in force. */
  get current(): T {
    if (!this.values) throw new Error('configuration is read before the service has started');
    return this.values;
  }

  async start(): Promise<void> {
    const keys = Object.keys(this.schema.shape);
    if (keys.length === 0) {
      this.values = {} as T;
      return;
    }
    this.raw = await this.sidecar.configuration.read(keys);
    const parsed = this.schema.safeParse(this.raw);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new Error(
        `Configuration key ${issue?.path.join('.')} of ${this.sidecar.system} is absent or malformed (${issue?.message}); set it in helm/madang/config/${this.sidecar.system}.yaml.`,
      );
    }
    this.values = parsed.data as T;
    await this.follow();
    this.endRenewals = this.clock.every(RENEWAL_MS, () => this.renewed());
  }

  /** Reads the keys again, one reading at a time, and once more where it is told meanwhile. What cannot be read now comes with the next renewal. */
  changed(): void {
    this.isChangedAgain = this.reading !== undefined;
    this.reading ??= this.read()
      .catch((error) => void log.warn('configuration not read', { reason: reason(error) }))
      .finally(() => {
        this.reading = undefined;
        if (this.isChangedAgain) this.changed();
      });
  }

  /** Ends the following, at the sidecar too where it is still there. */
  async close(): Promise<void> {
    this.endRenewals?.();
    await this.renewing;
    this.endBeginning?.();
    await this.reading;
    if (this.subscription !== undefined)
      await this.sidecar.configuration.unfollow(this.subscription).catch(() => undefined);
  }

  /** Where the sidecar brings changes; it wants exactly 200. When it has just started, which is when it asks for topics, it knows no subscription. */
  router(): Router {
    const router = express.Router();
    router.get('/dapr/subscribe', (_request, _response, next) => {
      if (this.endRenewals) void withoutClient(() => this.renewed());
      next();
    });
    router.post('/configuration/:store/:key', (_request, response) => {
      this.changed();
      response.status(200).end();
    });
    return router;
  }

  /** Never fails: what cannot be renewed now is the next time. */
  private renewed(): Promise<void> {
    this.renewing ??= this.renew()
      .catch((error) => void log.warn('configuration not renewed', { reason: reason(error) }))
      .finally(() => {
        this.renewing = undefined;
      });
    return this.renewing;
  }

  /** What changed before the subscription held is read a moment later. */
  private async follow(): Promise<void> {
    this.subscription = await this.sidecar.configuration.follow(Object.keys(this.schema.shape));
    this.endBeginning?.();
    this.endBeginning = this.clock.after(BEGINNING_MS, () => this.changed());
  }

  private async renew(): Promise<void> {
    const before = this.subscription;
    await this.follow();
    try {
      await this.read();
    } finally {
      if (before !== undefined) await this.sidecar.configuration.unfollow(before);
    }
  }

  private async read(): Promise<void> {
    this.accept(await this.sidecar.configuration.read(Object.keys(this.schema.shape)));
  }

  private hasDefault(key: string): boolean {
    return (this.schema.shape[key] as z.ZodType | undefined)?.safeParse(undefined).success ?? false;
  }

  /** @param found all keys that there are now */
  private accept(found: Record<string, string>): void {
    // What comes before the start has read them all is read then. A store that has none at all has lost them.
    if (!this.values || Object.keys(found).length === 0) return;
    // Of a key that is there no more the default holds; where there is none, the last value.
    const kept = Object.entries(this.raw).filter(([key]) => !this.hasDefault(key));
    const raw: Record<string, string> = { ...Object.fromEntries(kept), ...found };
    const changed = Object.keys({ ...this.raw, ...found }).filter((key) => this.raw[key] !== raw[key]);
    if (changed.length === 0) return;
    const parsed = this.schema.safeParse(raw);
    if (!parsed.success) {
      const why = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ');
      log.error('a configuration change is malformed and not taken', { keys: changed, reason: why });
      did({ kind: 'configuration', keys: changed, outcome: 'refused', why });
      return;
    }
    this.raw = raw;
    this.values = parsed.data as T;
    log.info('configuration changed', { keys: changed });
    did({ kind: 'configuration', keys: changed, outcome: 'taken' });
  }
}
