import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { type Options, order, type Verdict } from '../demonstration.ts';
import { entranceOf, forwarded, through } from '../entrance.ts';
import type { Cluster } from '../kubectl.ts';
import { until } from '../until.ts';

interface Span {
  readonly spanID: string;
  readonly processID: string;
  readonly references?: readonly { readonly refType: string; readonly spanID: string }[];
}
export interface Trace {
  readonly spans: readonly Span[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

/** How whole a trace is: spans without a parent that is there, and whose they are. */
export function shapeOf({ spans, processes }: Trace): { roots: number; orphans: number; services: string[] } {
  const known = new Set(spans.map(({ spanID }) => spanID));
  const parents = spans.map(({ references = [] }) => references.find(({ refType }) => refType === 'CHILD_OF')?.spanID);
  return {
    roots: parents.filter((parent) => parent === undefined).length,
    orphans: parents.filter((parent) => parent !== undefined && !known.has(parent)).length,
    services: [...new Set(spans.map(({ processID }) => processes[processID]?.serviceName ?? '?'))].sort(),
  };
}

/** Spans are told by sidecars that are called; alert calls nobody while it handles an event, so it has none. */
const SERVICES = ['course', 'class', 'pay', 'point', 'gift', 'gateway'].map((name) => `lecture-${name}`);

/** A request whose client leaves in its middle. @returns the end of its path, by which the ingress tells of it */
async function cutOff(cluster: Cluster): Promise<string> {
  const { namespace, service, port: target, host } = await entranceOf(cluster);
  const mark = `cut=${randomUUID()}`;
  await forwarded(cluster.in(namespace), service, target, async (port) => {
    const headers = { ...(host ? { host } : {}), 'content-type': 'application/json', 'content-length': 100 };
    const call = http.request({ port, host: '127.0.0.1', method: 'POST', path: `/classes?${mark}`, headers });
    call.on('error', () => undefined);
    call.write('{ "courseId": 1');
    // Long enough to reach the ingress.
    await sleep(1_000);
    call.destroy();
  });
  return mark;
}

/** What the ingress wrote about a request, by anything that its line has: the trace id in it. */
async function lineOf(cluster: Cluster, mark: string): Promise<{ trace: string; code: number }> {
  return until('the ingress has told of the request', 20_000, async () => {
    const words = ['logs', '-l', 'istio=ingressgateway', '--since=2m', '--tail=-1'];
    const line = (await cluster.in(cluster.ingress).kubectl(...words))
      .split('\n')
      .find((candidate) => candidate.startsWith('{') && candidate.includes(mark));
    if (!line) return undefined;
    const found = JSON.parse(line) as { trace?: string; traceparent?: string; request?: string; code: number };
    // Where neither client nor ingress began a trace, the request's id is its id (docs/operations/alerts.md).
    const begun = found.traceparent?.split('-')[1] ?? found.request?.replaceAll('-', '') ?? '';
    return { trace: found.trace || begun, code: found.code };
  });
}

/** One enrolment in Jaeger: one root, no missing parent, all services that call and the ingress; a refusal and a cut connection are in the ingress's log. */
export async function trace({ cluster, monitoring }: Options): Promise<Verdict> {
  const { enrolled, refused } = await through(cluster, 'lecture-gateway', async (ask) => ({
    enrolled: await ask('POST', '/classes', order),
    refused: await ask('POST', '/classes', { ...order, fee: 'nothing' }),
  }));
  const line = await lineOf(cluster, enrolled.requestId);
  const refusal = await lineOf(cluster, refused.requestId);
  const cut = await lineOf(cluster, await cutOff(cluster));
  const logged = await forwarded(cluster.in(monitoring), 'jaeger', 16686, async (port) => {
    const find = async (): Promise<Trace | undefined> => {
      const { body } = await request(`http://127.0.0.1:${port}/api/traces/${line.trace}`);
      return ((await body.json()) as { data?: Trace[] }).data?.[0];
    };
    const all = (found: Trace): boolean => SERVICES.every((name) => shapeOf(found).services.includes(name));
    await until('all services have told their part', 60_000, async () => {
      const found = await find();
      return found && all(found) ? true : undefined;
    }).catch(() => undefined);
    // What follows from an enrolment goes on for some seconds.
    await sleep(5_000);
    return find();
  });
  const { roots, orphans, services } = logged ? shapeOf(logged) : { roots: 0, orphans: 0, services: [] };
  const missing = SERVICES.filter((name) => !services.includes(name));
  const hasIngress = services.some((name) => !name.startsWith('lecture-'));
  const isSame = refusal.trace !== '' && refusal.trace === refused.answer.correlationId;
  return {
    good:
      roots === 1 &&
      orphans === 0 &&
      missing.length === 0 &&
      hasIngress &&
      isSame &&
      cut.code === 0 &&
      cut.trace !== '',
    figures: [
      ['trace of one enrolment', `${line.trace}, ${logged?.spans.length ?? 0} spans`, 'shown in part'],
      ['roots; spans whose parent is missing', `${roots}; ${orphans}`, '-'],
      ['services in it', services.join(', '), '-'],
      ['services that are missing', missing.join(', ') || 'none', '-'],
      [
        'a refusal: trace id in the ingress log, correlationId of the answer',
        `${refusal.code} ${refusal.trace}, ${refused.answer.correlationId}`,
        'not shown',
      ],
      ['a client that leaves: code and trace id in the ingress log', `${cut.code} ${cut.trace}`, 'not shown'],
    ],
  };
}
