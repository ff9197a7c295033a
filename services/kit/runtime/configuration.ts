import type { Router } from 'express';
import express from 'express';
import type { z } from 'zod';
import type { Sidecar } from '../dapr/sidecar.ts';
import { did } from '../telemetry/activity.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { type Clock, realClock } from './clock.ts';

const REFRESH_MS = 30_000;

/**
 * The service's configuration: the keys of its ConfigMap, read at start and followed live.
 * A key that is absent or malformed at start stops the service with a sentence that names it; a malformed change is
 * refused in the log and the last good value stays. Subscriptions vanish when a sidecar restarts and lost updates are
 * only logged by it, so both are renewed every 30 s.
 */
export class Configuration<T extends Record<string, unknown>> {
  private raw: Record<string, string> = {};
  private values: T | undefined;
  private endRefresh: (() => void) | undefined;

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
    this.raw = await this.sidecar.configuration(keys);
    const parsed = this.schema.safeParse(this.raw);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new Error(
        `Configuration key ${issue?.path.join('.')} of ${this.sidecar.system} is absent or malformed (${issue?.message}); set it in helm/madang/config/${this.sidecar.system}.yaml.`,
      );
    }
    this.values = parsed.data as T;
    await this.renew(keys);
    this.endRefresh = this.clock.every(REFRESH_MS, () =>
      this.renew(keys).catch((error) => void log.warn('configuration not renewed', { reason: reason(error) })),
    );
  }

  /** Reads the keys again. Never fails: what cannot be read now comes with the next renewal. */
  async refresh(): Promise<void> {
    try {
      this.accept(await this.sidecar.configuration(Object.keys(this.schema.shape)));
    } catch (error) {
      log.warn('configuration not read', { reason: reason(error) });
    }
  }

  close(): void {
    this.endRefresh?.();
  }

  /** Where the sidecar brings changes; it wants exactly 200. */
  router(): Router {
    const router = express.Router();
    router.post('/configuration/:store/:key', express.json(), (request, response) => {
      const items = (request.body as { items?: Record<string, { value: string }> }).items ?? {};
      this.accept(Object.fromEntries(Object.entries(items).map(([key, item]) => [key, item.value])));
      response.status(200).end();
    });
    return router;
  }

  private async renew(keys: readonly string[]): Promise<void> {
    await this.sidecar.followConfiguration(keys);
    this.accept(await this.sidecar.configuration(keys));
  }

  private accept(changes: Record<string, string>): void {
    // What comes before the start has read them all is read then.
    if (!this.values) return;
    const raw = { ...this.raw, ...changes };
    const changed = Object.keys(changes).filter((key) => this.raw[key] !== changes[key]);
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
