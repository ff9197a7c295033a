import { setTimeout as sleep } from 'node:timers/promises';
import { ClientSession, Log, type Subject } from '../crash/client-session.ts';
import { randomFrom } from '../crash/parts.ts';
import type { Place } from '../crash/snapshot.ts';
import { overHttp } from '../crash/way.ts';

/** The honest clients of one system: those of the crash test send commands, one more reads. */

const CLIENTS = 3;
/** Whoever gets no definite answer for so long has been stopped. */
const PATIENCE_MS = 20_000;
const READ_LIMIT_MS = 10_000;

export class Honest {
  readonly log = new Log();
  /** Milliseconds of each read of one page, with all that it was tried again. */
  readonly reads: number[] = [];
  /** All reads, of pages and of whole lists. */
  asked = 0;
  /** Those that were told to come again, as commands may be. */
  readonly away: string[] = [];
  readonly troubles: string[] = [];
  private working = true;
  private clients: Promise<unknown> = Promise.resolve();
  private collections: readonly string[] = [];

  constructor(
    private readonly subject: Subject,
    private readonly place: Place,
    private readonly seed: number,
  ) {}

  /** Begins to work. @param paths public paths; those that answer a list now have to do so ever after */
  async start(paths: readonly string[]): Promise<void> {
    const found = await Promise.all(paths.map(async (path) => ((await this.read(path)) === 200 ? [path] : [])));
    this.collections = found.flat();
    const commanders = Array.from({ length: CLIENTS }, async (_, number) => {
      const pause = randomFrom(number);
      const client = this.subject.client(
        new ClientSession(overHttp(this.place.gateway), this.log, number, this.seed, PATIENCE_MS),
      );
      while (this.working) {
        await client.next();
        await sleep(20 + 60 * pause());
      }
    });
    this.clients = Promise.all([...commanders, this.look()]);
  }

  async stop(): Promise<void> {
    this.working = false;
    await this.clients;
  }

  private async look(): Promise<void> {
    for (let turn = 0; this.working; turn++) {
      for (const path of this.collections) {
        const began = performance.now();
        // Alone and by pages: the first is bounded in another way.
        const asked = turn % 4 === 3 ? path : `${path}?size=20&page=0`;
        this.asked++;
        let status = await this.read(asked);
        if (status === 503) {
          this.away.push(asked);
          await sleep(1_000);
          status = await this.read(asked);
        }
        if (status !== 200) this.troubles.push(`GET ${asked} is answered ${status || 'not at all'}`);
        else if (asked !== path) this.reads.push(performance.now() - began);
        await sleep(60);
        if (!this.working) return;
      }
    }
  }

  private async read(path: string): Promise<number> {
    const answer = await fetch(this.place.gateway + path, { signal: AbortSignal.timeout(READ_LIMIT_MS) }).catch(
      () => undefined,
    );
    await answer?.arrayBuffer().catch(() => undefined);
    return answer?.status ?? 0;
  }
}

/** The time within which 99 of 100 were done. */
export function p99(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * 0.99) - 1)] ?? 0;
}
