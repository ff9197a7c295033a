import { setTimeout as sleep } from 'node:timers/promises';
import { course, inWords, type Options, type Verdict } from '../demonstration.ts';
import { type Json, print } from '../kubectl.ts';
import type { LoadResult } from '../load.ts';
import { underLoad } from '../pods.ts';

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
