import { isDeepStrictEqual } from 'node:util';
import { json, type Log } from '../crash/client-session.ts';
import type { ClientRequest, Way } from '../crash/way.ts';
import { crowd } from './meanwhile.ts';
import type { World } from './world.ts';

type Reply = NonNullable<Awaited<ReturnType<Way['ask']>>>;
interface Done {
  readonly request: ClientRequest;
  readonly reply: Reply;
}

/** How often a client comes back with a key that it has used, at once or late. */
const OFTEN = 0.15;
/** How often it sends a request twice at the same moment. */
const TWICE = 0.1;
/** How often it comes back, before its next command, to the last one it sent twice: its record may have changed by then. */
const BACK = 0.6;
/** How often others have changed a record meanwhile that a client comes back to. */
const CROWDED = 0.5;
/** Records of lecture that no policy changes, so that nothing under way counts on what they remember. */
const OF_CLIENTS = /^\/(classes|courses)\/(\d+)$/;

/**
 * Clients that come back with a key they have used: with the same request, at the same moment, at once, or after others,
 * which must be answered as before; or with another one, which must be refused.
 */
export class SecondThoughts implements Way {
  private asked = 0;
  private readonly before: Done[] = [];
  private doubled: Done | undefined;

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

  async ask(request: ClientRequest): Promise<Reply | undefined> {
    if (request.method === 'GET') return this.way.ask(request);
    const { chance } = this.world;
    const label = `command ${this.asked++} of client ${this.client}`;
    const old = chance.pick(`which before ${label}`, this.before);
    if (old && chance.strikes(`before ${label}`, OFTEN, () => old.request.path)) await this.late(old, label);
    const { doubled } = this;
    this.doubled = undefined;
    if (doubled && chance.strikes(`back ${label}`, BACK, () => doubled.request.path)) await this.late(doubled, label);
    const isTwice = chance.strikes(`twice ${label}`, TWICE, () => request.path);
    const reply = isTwice ? await this.twice(request) : await this.way.ask(request);
    if (!reply || reply.status >= 300) return reply;
    this.before.push({ request, reply });
    if (isTwice) this.doubled = { request, reply };
    if (chance.strikes(`again ${label}`, OFTEN, () => request.path))
      this.compare(request, reply, await this.way.ask(request));
    if (request.body && chance.strikes(`other ${label}`, OFTEN, () => request.path)) {
      const other = await this.way.ask({ ...request, body: { ...request.body, ...changed(request.body) } });
      if (other && other.status < 400)
        this.wrong(request, `is accepted again for another request: ${other.status} ${other.text}`);
    }
    return reply;
  }

  /** Comes back after other commands, perhaps when the record no longer remembers this one. */
  private async late({ request: fields, reply }: Done, label: string): Promise<void> {
    const { world } = this;
    const [, path, number] = OF_CLIENTS.exec(fields.path) ?? [];
    const [appId, key] =
      path === 'courses' ? ['lecture-course', `Course-${number}`] : ['lecture-class', `Class-${number}`];
    if (path) world.chance.strikes(`crowd before ${label}`, CROWDED, () => `${key}: ${crowd(world, appId, key)}`);
    this.compare(fields, reply, await this.way.ask(fields));
  }

  /** @returns undefined where one of the two may be under way still */
  private async twice(wanted: ClientRequest): Promise<Reply | undefined> {
    const replies = await Promise.all([this.way.ask(wanted), this.way.ask(wanted)]);
    const [first, second] = replies.filter((reply) => reply !== undefined && reply.status < 500);
    if (first && second && (first.status < 300 || second.status < 300)) this.compare(wanted, first, second);
    const done = replies.find((reply) => reply && reply.status < 300);
    return done ?? (first && second ? first : undefined);
  }

  private compare(request: ClientRequest, first: Reply, second: Reply | undefined): void {
    if (!second || second.status >= 500) return;
    if (second.status !== first.status || !same(second.text, first.text))
      this.wrong(request, `is answered ${first.status} ${first.text}, and then ${second.status} ${second.text}`);
  }

  private wrong({ method, path, headers }: ClientRequest, what: string): void {
    this.log.oddities.push({ about: headers?.['idempotency-key'] ?? '', what: `${method} ${path} ${what}` });
  }
}

/** Whether two answers show the same, in whatever order of fields. */
const same = (a: string, b: string): boolean => {
  const one = json(a);
  return a === b || (one !== undefined && isDeepStrictEqual(one, json(b)));
};

/** The request with another value in its first field. */
function changed(body: object): object {
  const [[field, value] = ['', '']] = Object.entries(body);
  return { [field]: typeof value === 'number' ? value + 1 : `${value}x` };
}
