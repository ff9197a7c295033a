import { setTimeout as sleep } from 'node:timers/promises';
import { course, inWords, type Options, type Verdict } from '../demonstration.ts';
import { type Json, print } from '../kubectl.ts';
import type { LoadResult } from '../load.ts';
import { underLoad } from '../pods.ts';
import { until } from '../until.ts';

/** Load on /courses while another version of course is rolled out. */
async function loadDuringRollout({ cluster, tag, users, seconds }: Options): Promise<LoadResult> {
  const before = await cluster.pod('lecture-course');
  const load = underLoad(cluster, 'demo-load', { path: '/courses', body: course, users, seconds });
  load.catch(() => undefined);
  await sleep(Math.min(20_000, seconds * 200));
  const image = await cluster.field('deployment/lecture-course', '.spec.template.spec.containers[0].image');
  const began = Date.now();
  if (tag)
    await cluster.kubectl('set', 'image', 'deployment/lecture-course', `course=${image.replace(/:[^:]*$/, `:${tag}`)}`);
  else await cluster.kubectl('rollout', 'restart', 'deployment/lecture-course');
  print(`    rolling out ${tag ? `${tag} in place of ${image.split(':').at(-1)}` : 'the same version once more'}`);
  await cluster.rolledOut('lecture-course');
  print(`    rolled out after ${Math.round((Date.now() - began) / 1000)} s`);
  const result = await load;
  if ((await cluster.pod('lecture-course')) === before) throw new Error('No pod was replaced.');
  return result;
}

/** Another version under load, and the same without readiness probe. */
export async function redeploy(options: Options): Promise<Verdict> {
  const { cluster } = options;
  const { template } = JSON.parse(await cluster.field('deployment/lecture-course', '.spec')) as {
    template: { spec: { containers: [Json & { name: string }] } };
  };
  const [{ name, readinessProbe = null, startupProbe = null, lifecycle = null }] = template.spec.containers;
  print('With readiness probe, and pods that serve on while others forget them:');
  const ready = await loadDuringRollout(options);
  print('Control run, without:');
  const without = { readinessProbe: null, startupProbe: null, lifecycle: null };
  const change = (container: object, annotations: object): Promise<void> =>
    cluster.change('lecture-course', {
      spec: { template: { metadata: { annotations }, spec: { containers: [{ name, ...container }] } } },
    });
  // The sidecar's own readiness would still hold traffic back.
  await change(without, { 'dapr.io/sidecar-readiness-probe-delay-seconds': '1' });
  let control: LoadResult;
  try {
    control = await loadDuringRollout({ ...options, tag: undefined, seconds: Math.min(60, options.seconds) });
  } finally {
    await change({ readinessProbe, startupProbe, lifecycle }, {});
  }
  return {
    // The control shows what the probe is good for; where it loses nothing, either, the callers' patience was enough.
    good: ready.failed === 0 && ready.transactions > 0,
    figures: [
      ['availability', `${ready.availability.toFixed(2)} %`, '100.00 %'],
      ['failed', String(ready.failed), '0'],
      ['transactions', `${ready.transactions} in ${ready.elapsedSeconds} s`, '39737 in 119.91 s'],
      ['longest answer', `${(ready.longest / 1000).toFixed(2)} s`, '1.89 s'],
      ['answers', inWords(ready.answers), '201'],
      ['control: availability', `${control.availability.toFixed(2)} %`, '35.35 %'],
      ['control: failed', String(control.failed), '1123'],
      ['control: answers', inWords(control.answers), '201, and connections refused'],
    ],
  };
}

/** Pods come with load and go without. */
export async function autoscale({ cluster, users }: Options): Promise<Verdict> {
  const scaler = 'hpa/lecture-gift';
  const most = Number(await cluster.field(scaler, '.spec.maxReplicas'));
  const target = await cluster.field(scaler, '.spec.metrics[0].containerResource.target.averageUtilization');
  const least = Number(await cluster.field(scaler, '.spec.minReplicas'));
  const pods = async (): Promise<number> =>
    Number((await cluster.field('deployment/lecture-gift', '.status.readyReplicas')) || 0);
  // What ran before may have left more.
  await until('as few pods as there may be', 420_000, async () => ((await pods()) <= least ? true : undefined));
  const began = Date.now();
  const replicas: [second: number, ready: number][] = [];
  const look = async (): Promise<number> => {
    const ready = await pods();
    const second = Math.round((Date.now() - began) / 1000);
    if (replicas.at(-1)?.[1] !== ready) {
      replicas.push([second, ready]);
      print(`    ${second} s: ${ready} ready`);
    }
    return ready;
  };
  let top = await look();
  let loading = true;
  const load = underLoad(cluster, 'demo-load', {
    path: '/gifts',
    body: { classId: '100', fee: '20000', student: 'young' },
    users: Math.min(users, 150),
    seconds: 90,
  }).finally(() => {
    loading = false;
  });
  load.catch(() => undefined);
  while (loading) {
    top = Math.max(top, await look());
    await sleep(1000);
  }
  const result = await load;
  // A pod may become ready right after the load.
  top = Math.max(top, await look());
  await until('fewer pods after the load', 420_000, async () => ((await look()) <= least ? true : undefined));
  return {
    good: top > least && top <= most && result.availability > 97.21,
    figures: [
      [
        'ready pods over time',
        replicas.map(([second, ready]) => `${second} s: ${ready}`).join(', '),
        '1 to 5 (variant: class at 30 %)',
      ],
      ['target', `${target} % of the CPU request, at most ${most}`, '15 %, at most 10'],
      ['availability', `${result.availability.toFixed(2)} %`, '97.21 %'],
      ['requests', `${result.perSecond}/s, longest ${(result.longest / 1000).toFixed(2)} s`, '65.73/s, longest 8.44 s'],
    ],
  };
}
