import type { Options, Verdict } from '../demonstration.ts';
import { entranceOf } from '../entrance.ts';
import type { Knock } from '../knock.ts';
import { type Cluster, print } from '../kubectl.ts';
import { RESULT } from '../load.ts';
import { once } from '../pods.ts';

/** Every port that anything in such a pod may open: the console, services, sidecars of Dapr and Istio, stores and brokers. */
const PORTS = [
  ...[8000, 8080, 50051, 3500, 3501, 50001, 50002, 9090],
  ...[15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090],
  ...[6379, 9092, 9093, 3306],
];
const FOREIGN = 'madang-intruder';
/** An address of documentation, where nobody is (RFC 5737): what answers there is the intruder's own proxy. */
const NOBODY = '192.0.2.1';

interface Pods {
  items: { metadata: { labels: Record<string, string> }; status: { podIP?: string; phase: string } }[];
}
interface Policy {
  spec: { ingress?: { from?: unknown[]; ports?: { port: number }[] }[] };
}

/** host:port of each port of each pod, by the service's name. */
async function targetsOf(cluster: Cluster, release: string): Promise<Map<string, string>> {
  const selector = `app.kubernetes.io/instance=${release}`;
  const { items } = JSON.parse(await cluster.kubectl('get', 'pods', '-l', selector, '-o', 'json')) as Pods;
  const targets = new Map<string, string>();
  for (const { metadata, status } of items) {
    if (status.phase !== 'Running' || !status.podIP || !metadata.labels.app) continue;
    const host = status.podIP.includes(':') ? `[${status.podIP}]` : status.podIP;
    for (const port of PORTS) targets.set(`${host}:${port}`, metadata.labels.app);
  }
  return targets;
}

/** Figures, probes, and what asks for Dapr's certificate itself: docs/operations/access.md. */
const WITHOUT_POLICIES = [9090, 15020, 15090, 3501, 15021, 50002];

/**
 * The ports that the release's own policy opens to everybody: a gateway's, where no ingress stands before it. In a
 * release without policies those that Istio's proxies leave open.
 */
async function promised(cluster: Cluster, app: string): Promise<number[]> {
  const found = await cluster.kubectl('get', 'networkpolicy', app, '-o', 'json', '--ignore-not-found');
  if (!found) return WITHOUT_POLICIES;
  const policy = JSON.parse(found) as Policy;
  const open = (policy.spec.ingress ?? []).filter(({ from }) => !from?.length);
  return open.flatMap(({ ports = [] }) => ports.map(({ port }) => port));
}

const knocksOf = (output: string): Knock[] => {
  const line = output.split('\n').find((candidate) => candidate.startsWith(RESULT));
  if (!line) throw new Error(`The intruder broke off: ${output.slice(-300)}`);
  return JSON.parse(line.slice(RESULT.length)) as Knock[];
};

const OUTCOMES = ['no connection', 'closed', 'turned away', 'answers'] as const;
const summary = (knocks: readonly Knock[]): string =>
  OUTCOMES.map((outcome) => `${outcome} ${knocks.filter((knock) => knock.outcome === outcome).length}`).join(', ');

/**
 * Tries every port of every pod of the release, from a foreign namespace with and without a proxy and from a pod of the
 * release's own namespace that is none of its own. A client of the release shows that the knocking itself works.
 */
export async function intruder({ cluster }: Options): Promise<Verdict> {
  const release = await cluster.release();
  const image = await cluster.toolsImage();
  const targets = await targetsOf(cluster, release);
  const meshed = await entranceOf(cluster).then(({ host }) => host !== undefined);
  const open = new Map<string, number[]>();
  for (const app of new Set(targets.values())) open.set(app, await promised(cluster, app));
  const figures: Verdict['figures'] = [];
  let good = true;
  const attempt = async (who: string, from: Cluster, labels: Record<string, string>): Promise<void> => {
    const nowhere = PORTS.map((port) => `${NOBODY}:${port}`);
    const all = knocksOf(await once(from, 'intruder', ['knock', ...targets.keys(), ...nowhere], { image, labels }));
    const portOf = (at: string): number => Number(at.split(':').at(-1));
    const own = all
      .filter(({ at, outcome }) => at.startsWith(NOBODY) && outcome === 'answers')
      .map(({ at }) => portOf(at));
    const knocks = all
      .filter(({ at }) => targets.has(at))
      .map((knock): Knock => (own.includes(portOf(knock.at)) ? { ...knock, outcome: 'turned away' } : knock));
    const inside = knocks.filter(
      ({ at, outcome }) => outcome === 'answers' && !open.get(targets.get(at) ?? '')?.includes(portOf(at)),
    );
    good &&= inside.length === 0 && knocks.length === targets.size;
    for (const { at, said } of inside) print(`    ${who} got into ${targets.get(at)} ${at}: ${said}`);
    figures.push([who, `${summary(knocks)}; where it should not: ${inside.length}`, 'not shown']);
  };
  const proxy = (is: boolean): Record<string, string> => ({ 'sidecar.istio.io/inject': String(is) });
  await cluster.kubectl('create', 'namespace', FOREIGN).catch(() => undefined);
  try {
    await attempt('foreign namespace, no proxy', cluster.in(FOREIGN), proxy(false));
    if (meshed) await attempt('foreign namespace, with a proxy', cluster.in(FOREIGN), proxy(true));
    await attempt('same namespace, no label, no proxy', cluster, proxy(false));
    if (meshed) await attempt('same namespace, no label, with a proxy', cluster, proxy(true));
  } finally {
    await cluster.kubectl('delete', 'namespace', FOREIGN, '--wait=false');
  }
  const labels = { 'app.kubernetes.io/instance': release, 'madang/client': 'true' };
  const [control] = knocksOf(
    await once(cluster, 'intruder', ['knock', 'lecture-gateway:8080'], {
      labels,
      serviceAccountName: `${release}-client`,
    }),
  );
  good &&= control?.outcome === 'answers';
  figures.push(['control: a client of the release at lecture-gateway:8080', control?.outcome ?? 'nothing', '-']);
  figures.unshift(['ports tried', `${targets.size} (${PORTS.length} of each pod)`, '-']);
  return { good, figures };
}
