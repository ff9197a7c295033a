import { failureOf } from '../../services/gateway/forward.ts';
import { routes } from '../../services/gateway/routes.ts';
import { ANSWERED_BY } from '../../services/kit/index.ts';
import type { MemorySidecar } from '../../services/kit/testing/index.ts';
import type { Shown } from '../crash/shown.ts';
import type { Way, Wish } from '../crash/way.ts';
import type { Row } from '../harness/collection.ts';
import { Troubles } from './troubles.ts';
import type { World } from './world.ts';

interface Reply {
  readonly status: number;
  readonly text: string;
}

/**
 * The system's entrance, as clients see it: requests go through a sidecar of the gateway to the service of their path, and
 * what the sidecar says in a service's stead becomes the gateway's 503.
 */
export class Entrance implements Way {
  private readonly sidecar: MemorySidecar;

  constructor(private readonly world: World) {
    const appId = `${world.system.name}-gateway`;
    const owner = { dead: false, pausedUntil: 0, skew: 0 };
    const { before, after } = new Troubles(world, appId, owner, 0);
    this.sidecar = world.backend.sidecar(appId, { callees: world.system.rules[appId] ?? {}, before, after });
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
    this.world.note(`client ${method} ${path} ${headers['idempotency-key'] ?? ''}`);
    const left = new Promise<undefined>((resolve) => gone.signal.addEventListener('abort', () => resolve(undefined)));
    const reply = await Promise.race([this.forward(method, path, headers, body, gone.signal), left]);
    stop();
    this.world.note(`client ${path} ${headers['idempotency-key'] ?? ''} -> ${reply?.status}`);
    return reply;
  }

  private async forward(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: object | undefined,
    signal: AbortSignal,
  ): Promise<Reply | undefined> {
    const { appId, target } = this.routeOf(path);
    try {
      const answer = await this.sidecar.request({
        method,
        path: `/v1.0/invoke/${appId}/method${target}`,
        headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
        body: body && JSON.stringify(body),
        signal,
      });
      const text = answer.body.toString();
      if (answer.broken) return unknown();
      if (answer.headers[ANSWERED_BY]) return { status: answer.status, text };
      return answer.status >= 300 && failureOf(appId, text)?.reached === false ? notNow() : unknown();
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? notNow() : unknown();
    }
  }

  private routeOf(path: string): { appId: string; target: string } {
    const known = routes[this.world.system.name] ?? {};
    const prefix = Object.keys(known)
      .filter((each) => path === each || path.startsWith(`${each}/`) || path.startsWith(`${each}?`))
      .sort((a, b) => b.length - a.length)[0];
    const [appId = '', behind = ''] = (known[prefix ?? ''] ?? '').split(' behind ');
    return { appId, target: path.slice(behind.length) };
  }
}

const unknown = (): Reply => ({ status: 503, text: '{"outcome":"unknown"}' });
const notNow = (): Reply => ({ status: 503, text: '{}' });

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
