import { randomBytes } from 'node:crypto';
import * as client from '../../run/cli/client.ts';
import type { Status } from '../../run/supervisor/status.ts';
import { headersFor, SECRET_VARIABLE } from '../../run/tokens.ts';
import { Listener } from './listener.ts';
import { ErrorCounts } from './log-lines.ts';
import { Ring } from './ring.ts';
import { type Letter, letters } from './trouble.ts';

/** Nobody looks any more: the services are not listened to either, so that they need not make texts. */
const IDLE_MS = 30_000;
const STATUS_MS = 250;
const LETTERS_MS = 4_000;

/** What the console knows of the running system, as long as somebody looks at a page of it. */
export class Feed {
  readonly ring = new Ring();
  /** Another one after each start of the console: numbers of entries begin anew. */
  readonly boot = randomBytes(4).toString('hex');
  letters: readonly Letter[] = [];
  readonly errors = new ErrorCounts();
  private status: Status | undefined;
  /** By instance: where a listener that was closed left off. */
  private readonly lastIds = new Map<string, string>();
  private readonly listeners = new Map<string, { readonly port: number; readonly listener: Listener }>();
  private looking: Promise<void> | undefined;
  private lookedAt = 0;
  private lettersAt = 0;
  private idle: NodeJS.Timeout | undefined;

  /** How the system is now; undefined where the supervisor does not answer. */
  async now(): Promise<Status | undefined> {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.close(), IDLE_MS).unref();
    if (Date.now() - this.lookedAt > STATUS_MS)
      this.looking ??= this.look().finally(() => {
        this.looking = undefined;
      });
    await this.looking;
    return this.status;
  }

  /** The next question is answered with a fresh look. */
  refresh(): void {
    this.lookedAt = 0;
    this.lettersAt = 0;
  }

  close(): void {
    for (const instance of [...this.listeners.keys()]) this.leave(instance);
  }

  private async look(): Promise<void> {
    this.status = await client.status().catch(() => undefined);
    this.lookedAt = Date.now();
    this.listen(this.status);
    if (this.status && Date.now() - this.lettersAt > LETTERS_MS) {
      this.lettersAt = Date.now();
      this.errors.look();
      void letters(this.status).then((found) => {
        this.letters = found;
      });
    }
  }

  private listen(status: Status | undefined): void {
    if (!status) return;
    const wanted = new Map(
      status.services
        .filter(({ service, app }) => service !== 'gateway' && app.state !== 'stopped')
        .map((one) => [one.instance, one]),
    );
    for (const [instance, { port }] of this.listeners) if (wanted.get(instance)?.port !== port) this.leave(instance);
    for (const [instance, { appId, system, service, port }] of wanted) {
      if (this.listeners.has(instance)) continue;
      const take = (entries: readonly Record<string, unknown>[], leftOut: number): void => {
        if (leftOut > 0) this.ring.add({ kind: 'leftOut', system, service, at: Date.now(), leftOut });
        for (const entry of entries) this.ring.add({ system, service, ...entry });
      };
      const headers = headersFor(process.env[SECRET_VARIABLE], appId);
      const listener = new Listener(port, this.lastIds.get(instance) ?? '', take, headers);
      this.listeners.set(instance, { port, listener });
    }
  }

  private leave(instance: string): void {
    const found = this.listeners.get(instance);
    if (!found) return;
    found.listener.close();
    this.lastIds.set(instance, found.listener.lastId);
    this.listeners.delete(instance);
  }
}
