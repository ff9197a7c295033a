import { setTimeout as sleep } from 'node:timers/promises';
import { inWords, type Options, order, type Verdict } from '../demonstration.ts';
import { through } from '../entrance.ts';
import type { Cluster } from '../kubectl.ts';
import type { LoadResult } from '../load.ts';
import { underLoad } from '../pods.ts';
import { until } from '../until.ts';

const configure = (cluster: Cluster, data: Record<string, string>): Promise<string> =>
  cluster.kubectl('patch', 'configmap', 'lecture-config', '-p', JSON.stringify({ data }));

/** A changed ConfigMap key is in force without a new pod. */
export async function config({ cluster }: Options): Promise<Verdict> {
  const [pod, image] = [
    await cluster.pod('lecture-pay'),
    await cluster.field('deployment/lecture-pay', '.spec.template.spec.containers[0].image'),
  ];
  const restarts = await cluster.restarts(pod);
  return through(cluster, 'lecture-gateway', async (ask) => {
    const enrol = async (wanted: number): Promise<true | undefined> =>
      (await ask('POST', '/classes', order)).status === wanted ? true : undefined;
    await until('enrolments work', 60_000, () => enrol(201));
    const measure = async (delay: string, wanted: number): Promise<number> => {
      const began = Date.now();
      await configure(cluster, { PAY_DELAY_MS: delay });
      await until(`PAY_DELAY_MS=${delay} in force`, 60_000, () => enrol(wanted));
      return Date.now() - began;
    };
    let slow = 0;
    let fast = 0;
    try {
      slow = await measure('1500', 503);
    } finally {
      fast = await measure('0', 201);
    }
    const same = (await cluster.pod('lecture-pay')) === pod && (await cluster.restarts(pod)) === restarts;
    return {
      good: same,
      figures: [
        ['PAY_DELAY_MS=1500: enrolments refused after', `${slow} ms (the call itself is cut off at 1000 ms)`, '-'],
        ['PAY_DELAY_MS=0: enrolments work after', `${fast} ms`, '-'],
        ['pod and image', same ? `the same (${pod}, ${image})` : 'REPLACED', 'no new image'],
      ],
    };
  });
}

/** A slow callee is spared. */
export async function breaker({ cluster, users }: Options): Promise<Verdict> {
  await configure(cluster, { PAY_DELAY_MS: '1500' });
  let result: LoadResult;
  try {
    await sleep(2000);
    result = await underLoad(cluster, 'demo-load', {
      path: '/classes',
      body: order,
      users: Math.min(users, 50),
      seconds: 30,
    });
  } finally {
    await configure(cluster, { PAY_DELAY_MS: '0' });
  }
  const began = Date.now();
  const recovery = await through(cluster, 'lecture-gateway', (ask) =>
    until('enrolments work again', 60_000, async () =>
      (await ask('POST', '/classes', order)).status === 201 ? Date.now() - began : undefined,
    ),
  );
  const refused = result.answers['503'];
  const only = Object.keys(result.answers).every((outcome) => ['201', '503'].includes(outcome));
  return {
    good: refused !== undefined && refused.median < 1000 && only,
    figures: [
      [
        'refusals (503 with Retry-After)',
        refused ? `median ${refused.median} ms, 99 % within ${refused.p99} ms, longest ${refused.longest} ms` : 'none',
        '500, mostly 1300 to 2800 ms',
      ],
      ['answers', inWords(result.answers), '408 good, 997 failed'],
      ['longest answer', `${(result.longest / 1000).toFixed(2)} s`, '4.19 s'],
      ['answers per second', String(Math.round((result.transactions + result.failed) / result.elapsedSeconds)), '47'],
      ['recovery after pay is fast again', `${recovery} ms`, 'not shown'],
    ],
  };
}
