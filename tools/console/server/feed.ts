import { randomBytes } from 'node:crypto';
import type { Status } from '../../run/supervisor/status.ts';
import { Listener } from './listener.ts';
import { ErrorCounts } from './log-lines.ts';
import { Ring } from './ring.ts';
import type { Runs } from './runs.ts';
import { type Letter, letters } from './trouble.ts';

/** Nobody looks any more: the services are not listened to either, so that they need not make texts. */
const IDLE_MS = 30_000;
const STATUS_MS = 250;
const LETTERS_MS = 4_000;
/** Entries of the time before the console looked, of each service: those of all systems have room together. */
const HISTORY = 512;

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

  constructor(private readonly runs: Runs) {}

  /** How the system is now; undefined where nobody says it. */
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
    this.status = await this.runs.now();
    this.lookedAt = Date.now();
    this.listen(this.status);
    if (this.status && Date.now() - this.lettersAt > LETTERS_MS) {
      this.lettersAt = Date.now();
      if (this.runs.hasLogs) this.errors.look();
      void letters(this.status, this.runs).then((found) => {
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
    for (const [instance, one] of wanted) {
      if (this.listeners.has(instance)) continue;
      const { system, service, port } = one;
      const lastId = this.lastIds.get(instance) ?? '';
      let most = lastId === '' ? HISTORY : Number.POSITIVE_INFINITY;
      const take = (entries: readonly Record<string, unknown>[], leftOut: number): void => {
        if (leftOut > 0) this.ring.add({ kind: 'leftOut', system, service, at: Date.now(), leftOut });
        for (const entry of entries.slice(-most)) this.ring.add({ system, service, ...entry });
        most = Number.POSITIVE_INFINITY;
      };
      const listener = new Listener(() => this.runs.wayTo(one), lastId, take);
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
