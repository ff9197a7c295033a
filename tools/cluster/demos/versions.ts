import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { course, loadFigures, type Options, order, type Verdict } from '../demonstration.ts';
import type { Cluster } from '../kubectl.ts';
import type { LoadResult } from '../load.ts';
import { underLoad } from '../pods.ts';
import { Release } from '../release.ts';
import { until } from '../until.ts';

interface Pods {
  items: { metadata: { name: string; deletionTimestamp?: string }; status: { conditions?: Condition[] } }[];
}
interface Condition {
  type: string;
  status: string;
}

async function podsOf(cluster: Cluster, app: string): Promise<{ name: string; ready: boolean }[]> {
  const { items } = JSON.parse(await cluster.kubectl('get', 'pods', '-l', `app=${app}`, '-o', 'json')) as Pods;
  return items
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ metadata, status }) => ({
      name: metadata.name,
      ready: status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    }));
}

/** So many pods of a service, ready, whoever scales it; answers how to set it back. */
async function atLeast(cluster: Cluster, app: string, pods: number): Promise<() => Promise<unknown>> {
  const scaler = await cluster.field(`hpa/${app}`, '.spec.minReplicas').catch(() => '');
  const least = (count: string): Promise<string> =>
    scaler
      ? cluster.kubectl('patch', 'hpa', app, '-p', JSON.stringify({ spec: { minReplicas: Number(count) } }))
      : cluster.kubectl('scale', `deployment/${app}`, `--replicas=${count}`);
  const before = scaler || (await cluster.field(`deployment/${app}`, '.spec.replicas')) || '1';
  if (Number(before) < pods) await least(String(pods));
  try {
    await until(`${app} has ${pods} ready pods (has the cluster room for them?)`, 180_000, async () =>
      (await podsOf(cluster, app)).filter(({ ready }) => ready).length >= pods ? true : undefined,
    );
  } catch (error) {
    await least(before);
    throw error;
  }
  return () => least(before);
}

/** Evicts a pod as a drain of its node does; true when a disruption budget says not now. */
async function evict(cluster: Cluster, name: string): Promise<boolean> {
  const path = `/api/v1/namespaces/${cluster.namespace}/pods/${name}/eviction`;
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: cluster.namespace } };
  const child = promisify(execFile)('kubectl', ['create', '--raw', path, '-f', '-']);
  child.child.stdin?.end(JSON.stringify(eviction));
  try {
    await child;
    return false;
  } catch (error) {
    if (/disruption budget/.test(String(error))) return true;
    throw error;
  }
}

/** The pods of the way of an enrolment are evicted under load, as fast as their disruption budgets let. */
export async function drain({ cluster, users, seconds }: Options): Promise<Verdict> {
  const apps = ['lecture-gateway', 'lecture-class', 'lecture-pay'];
  const restore: (() => Promise<unknown>)[] = [];
  try {
    for (const app of apps) restore.push(await atLeast(cluster, app, 2));
    const load = underLoad(cluster, 'demo-load', {
      path: '/classes',
      body: order,
      users: Math.min(users, 30),
      seconds,
    });
    load.catch(() => undefined);
    await sleep(10_000);
    let refusals = 0;
    let least = Number.POSITIVE_INFINITY;
    const began = Date.now();
    const old = (await Promise.all(apps.map((app) => podsOf(cluster, app)))).flat();
    for (const { name } of old) {
      const app = apps.find((one) => name.startsWith(`${one}-`)) ?? '';
      await until(`${name} is evicted`, 240_000, async () => {
        least = Math.min(least, (await podsOf(cluster, app)).filter(({ ready }) => ready).length);
        if (!(await evict(cluster, name))) return true;
        refusals++;
        return undefined;
      });
    }
    const took = Math.round((Date.now() - began) / 1000);
    const result = await load;
    return {
      good: result.failed === 0 && result.transactions > 0 && refusals > 0 && least >= 1,
      figures: [
        ...loadFigures(result, 'not shown'),
        ['evicted', `${old.length} pods in ${took} s`, 'not shown'],
        ['evictions that a disruption budget put off', String(refusals), '-'],
        ['fewest ready pods of a service', String(least), '-'],
      ],
    };
  } finally {
    for (const back of restore) await back();
  }
}

/** A version that never becomes ready is rolled back by the documented command, under load. */
export async function rollback({ cluster, users, seconds }: Options): Promise<Verdict> {
  const release = await Release.of(cluster);
  const load = underLoad(cluster, 'demo-load', { path: '/courses', body: course, users: Math.min(users, 50), seconds });
  load.catch(() => undefined);
  await sleep(10_000);
  const before = await podsOf(cluster, 'lecture-course');
  // A service that cannot find its sidecar.
  const broken = 'services.lecture-course.env.DAPR_HTTP_PORT=1';
  let unready = 'none';
  try {
    await release.upgrade(broken);
    unready = await until('a pod of the version that does not work', 60_000, async () => {
      const found = (await podsOf(cluster, 'lecture-course')).find(
        ({ name }) => !before.some((old) => old.name === name),
      );
      return found && !found.ready ? found.name : undefined;
    });
    // Longer than its readiness would need.
    await sleep(30_000);
  } finally {
    await release.rollback();
    await cluster.rolledOut('lecture-course');
  }
  const result = await load;
  return {
    good: result.failed === 0 && result.transactions > 0,
    figures: [
      ...loadFigures(result, 'not shown'),
      ['the pod that never became ready', unready, '-'],
      ['rolled back to revision', String(release.revision), '-'],
    ],
  };
}

/** What a pod of a service has published, by its own figures. */
async function publishedBy(cluster: Cluster, pod: string, container: string): Promise<number> {
  const script = `fetch('http://127.0.0.1:8080/metrics').then(r=>r.text()).then(t=>console.log(
    [...t.matchAll(/^madang_events_published_total.* ([0-9.]+)$/gm)].reduce((sum,[,n])=>sum+Number(n),0)))`;
  return Number(await cluster.run(pod, container, script));
}

/** Old and new version side by side under load: both publish and both consume, and every enrolment is accepted. */
export async function skew({ cluster, tag, users, seconds }: Options): Promise<Verdict> {
  const back = await atLeast(cluster, 'lecture-pay', 2);
  const image = await cluster.field('deployment/lecture-pay', '.spec.template.spec.containers[0].image');
  let result: LoadResult;
  let events: [pod: string, count: number][] = [];
  // One that is leaving may be gone before it is asked.
  const published = async (): Promise<[pod: string, count: number][]> => {
    const ready = (await podsOf(cluster, 'lecture-pay')).filter((pod) => pod.ready);
    const counts = await Promise.all(ready.map(({ name }) => publishedBy(cluster, name, 'pay').catch(() => undefined)));
    return ready.flatMap(({ name }, at): [pod: string, count: number][] => {
      const count = counts[at];
      return count === undefined ? [] : [[name, count]];
    });
  };
  try {
    const old = await podsOf(cluster, 'lecture-pay');
    if (tag) {
      const next = `pay=${image.replace(/:[^:]*$/, `:${tag}`)}`;
      await cluster.kubectl('set', 'image', 'deployment/lecture-pay', next);
    } else await cluster.kubectl('rollout', 'restart', 'deployment/lecture-pay');
    const fresh = async (): Promise<boolean[]> =>
      (await podsOf(cluster, 'lecture-pay'))
        .filter(({ name }) => !old.some((one) => one.name === name))
        .map(({ ready }) => ready);
    // Paused before it is ready: else the controller would go on to the next, and take the old ones away even in a pause.
    await until('a pod of the new version', 60_000, async () => ((await fresh()).length > 0 ? true : undefined));
    await cluster.kubectl('rollout', 'pause', 'deployment/lecture-pay');
    await until('it is ready', 180_000, async () => ((await fresh()).some(Boolean) ? true : undefined));
    const before = new Map(await published());
    const load = { path: '/classes', body: order, users: Math.min(users, 30), seconds: Math.min(seconds, 60) };
    result = await underLoad(cluster, 'demo-load', load);
    events = (await published()).map(([name, count]) => [
      `${name} (${old.some((one) => one.name === name) ? 'old' : 'new'})`,
      count - (before.get(name) ?? 0),
    ]);
  } finally {
    await cluster.kubectl('rollout', 'resume', 'deployment/lecture-pay').catch(() => undefined);
    if (tag) await cluster.kubectl('set', 'image', 'deployment/lecture-pay', `pay=${image}`);
    await cluster.rolledOut('lecture-pay');
    await back();
  }
  const both = ['(old)', '(new)'].every((which) => events.some(([pod, count]) => pod.endsWith(which) && count > 0));
  return {
    good: result.failed === 0 && result.transactions > 0 && both,
    figures: [
      ...loadFigures(result, 'not shown'),
      ['events published during the load', events.map(([pod, count]) => `${pod}: ${count}`).join(', '), '-'],
    ],
  };
}
