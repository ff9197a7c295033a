import type { Server } from 'node:http';
import { gateway } from '../../services/gateway/app.ts';
import { askInward } from '../../services/gateway/grpc/inward.ts';
import { Sidecar } from '../../services/kit/index.ts';
import type { Shown } from '../crash/shown.ts';
import type { Way, Wish } from '../crash/way.ts';
import type { Row } from '../harness/collection.ts';
import { Troubles } from './troubles.ts';
import type { World } from './world.ts';

interface Reply {
  readonly status: number;
  readonly text: string;
}

/** Where the simulated clients are. */
const CLIENT = { address: '203.0.113.1', port: 50_000 };
const HOST = 'shop.example';

/** The system's entrance, as clients see it: the gateway's own code, which each request reaches on a connection of its own. */
export class Entrance implements Way {
  private readonly gateway: Server;

  constructor(private readonly world: World) {
    const appId = `${world.system.name}-gateway`;
    const owner = { dead: false, pausedUntil: 0, skew: 0 };
    const { before, after } = new Troubles(world, appId, owner, 0);
    const context = world.contextOf(appId, owner);
    const sidecar = world.backend.sidecar(appId, { callees: world.system.rules[appId] ?? {}, before, after });
    this.gateway = gateway(new Sidecar(sidecar, appId, context.clock), { context });
  }

  now(): number {
    return this.world.time.now;
  }
  sleep(ms: number): Promise<void> {
    return this.world.time.sleep(ms);
  }

  async ask({ method, path, headers = {}, body, limitMs }: Wish): Promise<Reply | undefined> {
    const { time } = this.world;
    const gone = new AbortController();
    const stop = time.after(limitMs, () => gone.abort());
    const key = headers['idempotency-key'] ?? '';
    this.world.note(`client ${method} ${path} ${key}`);
    const sent = { host: HOST, ...headers, ...(body ? { 'content-type': 'application/json' } : {}) };
    const wish = { method, target: path, headers: sent, body: body && JSON.stringify(body) };
    const reply = await askInward(this.gateway, CLIENT, wish, gone.signal).catch(() => undefined);
    stop();
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
