import type { Server } from 'node:http';
import { gateway } from '../../services/gateway/app.ts';
import { Following } from '../../services/gateway/following.ts';
import { askInward } from '../../services/gateway/grpc/inward.ts';
import { Sidecar } from '../../services/kit/index.ts';
import type { MemorySidecar } from '../../services/kit/testing/index.ts';
import type { Shown } from '../crash/shown.ts';
import type { ClientRequest, Way } from '../crash/way.ts';
import type { Row } from '../harness/collection.ts';
import type { Owner } from './time.ts';
import { Troubles } from './troubles.ts';
import type { World } from './world.ts';

interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Where the simulated clients are. */
const CLIENT = { address: '203.0.113.1', port: 50_000 };
const HOST = 'shop.example';

const LOOPBACK = '127.0.0.1';
/** Until a client sees that nobody listens. */
const REFUSED_MS = 5;

/**
 * The system's entrance, as clients see it: the gateway's own code, which each request reaches on a connection of its own.
 * Its lives come one after the other, and keep nothing.
 */
export class Entrance implements Way {
  readonly name: string;
  owner: Owner = { dead: true, pausedUntil: 0, skew: 0 };
  troubles: Troubles | undefined;
  private readonly asking = new Set<AbortController>();
  private lives = 0;
  private gateway: Server | undefined;
  private sidecar: MemorySidecar | undefined;

  constructor(private readonly world: World) {
    this.name = `${world.system.name}-gateway`;
  }

  get isUp(): boolean {
    return !this.owner.dead;
  }

  /** Starts a life. */
  boot(): void {
    const { world, name } = this;
    const life = this.lives++;
    this.owner = { dead: false, pausedUntil: 0, skew: 0 };
    this.troubles = new Troubles(world, name, this.owner, life);
    const context = world.contextOf(`${name}.${life}`, this.owner);
    const { before, after } = this.troubles;
    this.sidecar = world.backend.sidecar(name, { callees: world.system.rules[name] ?? {}, before, after });
    const sidecar = new Sidecar(this.sidecar, name, context.clock);
    const following = new Following(sidecar, undefined, context.clock);
    this.sidecar.app = (request, response) => {
      response.statusCode = following.isConfigurationChange(request, LOOPBACK) ? 200 : 404;
      response.end();
    };
    this.gateway = gateway(sidecar, { context, following });
    void following.start();
  }

  /** kill -9: whatever clients wait for breaks off. */
  kill(): void {
    const { world, sidecar } = this;
    if (!sidecar || !this.isUp) return;
    world.note(`${this.name} is killed`);
    this.owner.dead = true;
    sidecar.cut();
    world.backend.remove(sidecar);
    for (const gone of this.asking) gone.abort();
  }

  now(): number {
    return this.world.time.now;
  }
  sleep(ms: number): Promise<void> {
    return this.world.time.sleep(ms);
  }

  async ask({ method, path, headers = {}, body, limitMs }: ClientRequest): Promise<Reply | undefined> {
    const { time } = this.world;
    if (!this.gateway || !this.isUp) {
      await time.sleep(REFUSED_MS);
      return undefined;
    }
    const gone = new AbortController();
    this.asking.add(gone);
    const stop = time.after(limitMs, () => gone.abort());
    const key = headers['idempotency-key'] ?? '';
    this.world.note(`client ${method} ${path} ${key}`);
    const sent = { host: HOST, ...headers, ...(body ? { 'content-type': 'application/json' } : {}) };
    const fields = { method, target: path, headers: sent, body: body && JSON.stringify(body) };
    const reply = await askInward(this.gateway, CLIENT, fields, gone.signal).catch(() => undefined);
    stop();
    this.asking.delete(gone);
    this.world.note(`client ${path} ${key} -> ${reply?.status}`);
    return reply && { status: reply.status, text: reply.body.toString() };
  }
}

/** What a simulated system shows. */
export const shownBy = (way: Way, notices: () => string[]): Shown => ({
  async collection(path) {
    const rows: Row[] = [];
    for (let page: number | undefined = 0; page !== undefined; ) {
      const answer = await way.ask({ method: 'GET', path: `/${path}?size=200&page=${page}`, limitMs: 20_000 });
      if (answer?.status !== 200) throw new Error(`GET /${path} answers ${answer?.status}`);
      const body = JSON.parse(answer.text) as { _embedded: Record<string, Row[]>; _links: { next?: { href: string } } };
      rows.push(...(Object.values(body._embedded)[0] ?? []));
      page = body._links.next && Number(new URL(body._links.next.href).searchParams.get('page'));
    }
    return rows;
  },
  notices: async () => notices(),
});
