import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../crash/desk.ts';
import type { Way, Wish } from '../crash/way.ts';
import type { World } from './world.ts';

type Reply = Awaited<ReturnType<Way['ask']>>;

/** How often a client comes back with a key that it has used. */
const OFTEN = 0.15;

/**
 * Clients that come back with a key they have used: with the same request, which must be answered as before, or with
 * another one, which must be refused.
 */
export class SecondThoughts implements Way {
  private asked = 0;

  constructor(
    private readonly way: Way,
    private readonly world: World,
    private readonly log: Log,
    private readonly client: number,
  ) {}

  now(): number {
    return this.way.now();
  }
  sleep(ms: number): Promise<void> {
    return this.way.sleep(ms);
  }

  async ask(wish: Wish): Promise<Reply> {
    const reply = await this.way.ask(wish);
    if (wish.method === 'GET' || !reply || reply.status >= 300) return reply;
    const label = `command ${this.asked++} of client ${this.client}`;
    const { chance } = this.world;
    if (chance.strikes(`again ${label}`, OFTEN, () => wish.path)) {
      const second = await this.way.ask(wish);
      if (second && !isUnknown(second) && (second.status !== reply.status || !same(second.text, reply.text)))
        this.wrong(wish, `is answered ${reply.status} ${reply.text}, and then ${second.status} ${second.text}`);
    }
    if (wish.body && chance.strikes(`other ${label}`, OFTEN, () => wish.path)) {
      const other = await this.way.ask({ ...wish, body: { ...wish.body, ...changed(wish.body) } });
      if (other && !isUnknown(other) && other.status < 400)
        this.wrong(wish, `is accepted again for another request: ${other.status} ${other.text}`);
    }
    return reply;
  }

  private wrong({ method, path, headers }: Wish, what: string): void {
    this.log.oddities.push({ about: headers?.['idempotency-key'] ?? '', what: `${method} ${path} ${what}` });
  }
}

const isUnknown = ({ status }: NonNullable<Reply>): boolean => status >= 500;

/** Whether two answers show the same, in whatever order of fields. */
const same = (a: string, b: string): boolean => a === b || isDeepStrictEqual(JSON.parse(a), JSON.parse(b));

/** The request with another value in its first field. */
function changed(body: object): object {
  const [[field, value] = ['', '']] = Object.entries(body);
  return { [field]: typeof value === 'number' ? value + 1 : `${value}x` };
}
