import { setTimeout as sleep } from 'node:timers/promises';
import { course, type Options, order, type Verdict } from '../demonstration.ts';
import { type Cluster, type Json, print } from '../kubectl.ts';
import type { LoadResult } from '../load.ts';
import { underLoad } from '../pods.ts';
import { until } from '../until.ts';

/** What each service that scales by itself is asked for, and the contract's percentage of its CPU request. */
const LOADS: Readonly<Record<string, { path: string; body: Json; source: string }>> = {
  'lecture-gift': { path: '/gifts', body: { classId: '100', fee: '20000', student: 'young' }, source: '15 %' },
  'lecture-course': { path: '/courses', body: course, source: '5 %' },
  'lecture-class': { path: '/classes', body: order, source: '1 %' },
};
/** Some rounds of the autoscaler, which looks every 15 s. */
const IDLE_MS = 120_000;
const LOAD_SECONDS = 90;

/** The ready pods of a service over time, between the fewest and the most that its scaler allows. */
class Pods {
  readonly replicas: [second: number, ready: number][] = [];
  private readonly began = Date.now();

  private constructor(
    private readonly cluster: Cluster,
    readonly app: string,
    readonly least: number,
    readonly most: number,
    readonly target: string,
  ) {}

  static async of(cluster: Cluster, app: string): Promise<Pods> {
    const field = (path: string): Promise<string> => cluster.field(`hpa/${app}`, path);
    const target = await field('.spec.metrics[0].containerResource.target.averageUtilization');
    return new Pods(
      cluster,
      app,
      Number(await field('.spec.minReplicas')),
      Number(await field('.spec.maxReplicas')),
      target,
    );
  }

  async look(): Promise<number> {
    const ready = Number((await this.cluster.field(`deployment/${this.app}`, '.status.readyReplicas')) || 0);
    const second = Math.round((Date.now() - this.began) / 1000);
    if (this.replicas.at(-1)?.[1] !== ready) {
      this.replicas.push([second, ready]);
      print(`    ${second} s: ${ready} of ${this.app} ready`);
    }
    return ready;
  }

  get top(): number {
    return Math.max(...this.replicas.map(([, ready]) => ready));
  }

  isDown(): Promise<true | undefined> {
    return this.look().then((ready) => (ready <= this.least ? true : undefined));
  }
}

async function loaded(cluster: Cluster, pods: Pods, users: number): Promise<LoadResult> {
  const { path, body } = LOADS[pods.app] ?? {};
  let isLoading = true;
  const load = underLoad(cluster, 'demo-load', { path: path ?? '', body: body ?? {}, users, seconds: LOAD_SECONDS });
  load
    .catch(() => undefined)
    .finally(() => {
      isLoading = false;
    });
  for (; isLoading; await sleep(1_000)) await pods.look();
  // A pod may become ready right after the load.
  await pods.look();
  return load;
}

/** Pods come with load and go without, and a service that does nothing stays at its fewest. */
export async function autoscale({ cluster, users }: Options): Promise<Verdict> {
  const there = (await cluster.kubectl('get', 'hpa', '-o', 'name')).split('\n').map((name) => name.split('/').at(-1));
  const all: Pods[] = [];
  for (const app of Object.keys(LOADS)) if (there.includes(app)) all.push(await Pods.of(cluster, app));
  if (all.length === 0) throw new Error('Nothing scales by itself here: set services.<app id>.autoscaling.enabled.');
  // What ran before may have left more.
  for (const pods of all) await until(`as few of ${pods.app} as there may be`, 420_000, () => pods.isDown());
  const idle = new Map<string, number>();
  for (const end = Date.now() + IDLE_MS; Date.now() < end; await sleep(2_000))
    for (const pods of all) idle.set(pods.app, Math.max(idle.get(pods.app) ?? 0, await pods.look()));
  const figures: Verdict['figures'] = [];
  let good = true;
  const loads: [Pods, LoadResult][] = [];
  for (const pods of all) loads.push([pods, await loaded(cluster, pods, Math.min(users, 150))]);
  for (const [pods, load] of loads) {
    const { app, least, most, target, replicas } = pods;
    await until(`fewer pods of ${app} after the load`, 420_000, () => pods.isDown());
    good &&= idle.get(app) === least && pods.top > least && pods.top <= most && load.availability > 97.21;
    const course = replicas.map(([second, ready]) => `${second} s: ${ready}`).join(', ');
    figures.push(
      [`${app}: most pods in ${IDLE_MS / 1000} s without load`, String(idle.get(app)), 'not shown'],
      [`${app}: ready pods over time`, course, '1 to 5 (variant: class at 30 %)'],
      [`${app}: target`, `${target} % of the CPU request, at most ${most}`, `${LOADS[app]?.source}, at most 10`],
      [`${app}: availability under load`, `${load.availability.toFixed(2)} %`, '97.21 %'],
      [
        `${app}: requests`,
        `${load.perSecond}/s, longest ${(load.longest / 1000).toFixed(2)} s`,
        '65.73/s, longest 8.44 s',
      ],
    );
  }
  return { good, figures };
}
