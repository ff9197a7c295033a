import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Way } from './runs.ts';

/** What is left of a line that never ends is given up: nothing of ours is so long. */
const LONGEST = 16 * 1024 * 1024;
const AGAIN_MS = 500;

/** Follows GET /activity of one service until it is closed, also through its restarts. */
export class Listener {
  private readonly ending = new AbortController();
  /** What was taken last: who begins there gets nothing twice. */
  lastId: string;

  /**
   * @param way where the service answers, asked before each connection
   * @param lastId of an earlier listener to the same service; empty where there was none
   * @param take is given each entry, and how many were left out before
   */
  constructor(
    private readonly way: () => Way,
    lastId: string,
    private readonly take: (entries: readonly Record<string, unknown>[], leftOut: number) => void,
  ) {
    this.lastId = lastId;
    void this.follow();
  }

  close(): void {
    this.ending.abort();
  }

  private async follow(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      await this.once().catch(() => undefined);
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private once(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { host, port, ...way } = this.way();
      const headers = { ...way.headers, ...(this.lastId ? { 'last-event-id': this.lastId } : {}) };
      const { signal } = this.ending;
      const asked = get({ host, port, path: '/activity', headers, agent: false, signal });
      asked.once('error', reject).once('response', (answer) => {
        let rest = '';
        answer.once('close', resolve).once('error', reject);
        if (answer.statusCode !== 200) return answer.destroy();
        answer.setEncoding('utf8').on('data', (piece: string) => {
          const blocks = (rest + piece).split('\n\n');
          rest = blocks.pop() ?? '';
          if (rest.length > LONGEST) answer.destroy();
          for (const block of blocks) this.read(block);
        });
        return undefined;
      });
    });
  }

  private read(block: string): void {
    const [, id, data] = /^id: (.*)\ndata: (.*)$/.exec(block) ?? [];
    if (!data) return;
    const { entries, leftOut } = JSON.parse(data) as { entries: Record<string, unknown>[]; leftOut: number };
    this.lastId = id ?? '';
    this.take(entries, leftOut);
  }
}
