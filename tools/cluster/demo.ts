import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { course, inWords, type Options, type Verdict, wish } from './demonstration.ts';
import { figures } from './demos/figures.ts';
import { intruder } from './demos/intruder.ts';
import { trace } from './demos/trace.ts';
import { drain, rollback, skew } from './demos/versions.ts';
import { Cluster, type Json, print } from './kubectl.ts';
import type { LoadResult } from './load.ts';
import { until } from './until.ts';

/**
 * The operations chapter of lecture's contract, on whatever cluster KUBECONFIG names: each demonstration prints its
 * figure beside the source's and leaves everything as it was. Where Istio's ingress is, requests come through it.
 * `npm run demo:k8s -- <name> [--namespace n] [--tag t]`
 */

/** Load on /courses while another version of course is rolled out. */
async function loadDuringRollout({ cluster, tag, users, seconds }: Options): Promise<LoadResult> {
  const before = await cluster.pod('lecture-course');
  const load = cluster.load('demo-load', { path: '/courses', body: course, users, seconds });
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

async function redeploy(options: Options): Promise<Verdict> {
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
    good: ready.failed === 0 && ready.transactions > 0 && control.availability < 100,
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

async function autoscale({ cluster, users }: Options): Promise<Verdict> {
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
  const load = cluster
    .load('demo-load', {
      path: '/gifts',
      body: { classId: '100', fee: '20000', student: 'young' },
      users: Math.min(users, 150),
      seconds: 90,
    })
    .finally(() => {
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

/** Runs JavaScript inside the running service: its inspector is opened by a signal and asked, on the pod's own loopback. */
const inside = (expression: string): string => `
const net = require('net'), http = require('http');
process.kill(1, 'SIGUSR1');
const attempt = (left) => http.get('http://127.0.0.1:9229/json/list', (answer) => {
  let text = ''; answer.on('data', (chunk) => (text += chunk)).on('end', () => {
    const { pathname } = new URL(JSON.parse(text)[0].webSocketDebuggerUrl);
    const socket = net.connect(9229, '127.0.0.1', () => socket.write('GET ' + pathname + ' HTTP/1.1\\r\\nHost: 127.0.0.1:9229\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n'));
    socket.once('data', () => {
      const payload = Buffer.from(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: ${JSON.stringify(expression)} } }));
      const head = Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]);
      socket.write(Buffer.concat([head, payload]));
      setTimeout(() => process.exit(0), 500);
    });
  });
}).on('error', () => left ? setTimeout(() => attempt(left - 1), 100) : process.exit(1));
attempt(50);`;

async function liveness({ cluster }: Options): Promise<Verdict> {
  const figures: Verdict['figures'] = [];
  let good = true;
  const [container] = JSON.parse(
    await cluster.field('deployment/lecture-course', '.spec.template.spec.containers'),
  ) as [Json & { livenessProbe: { httpGet: Json } }];
  const resumes = async (what: string, pod: string, restarts: number, began: number): Promise<void> => {
    await until(`${what}: restarted`, 330_000, async () =>
      (await cluster.restarts(pod)) > restarts ? true : undefined,
    );
    const restarted = Math.round((Date.now() - began) / 1000);
    await until(`${what}: ready again`, 120_000, async () =>
      (await cluster.field(`pod/${pod}`, '.status.containerStatuses[0].ready')) === 'true' ? true : undefined,
    );
    const works = await cluster.through('lecture-gateway', (ask) =>
      until(`${what}: answers again`, 60_000, async () =>
        (await ask('GET', '/courses').catch(() => undefined))?.status === 200 ? true : undefined,
      ),
    );
    good &&= works;
    const resumed = Math.round((Date.now() - began) / 1000);
    figures.push([what, `restarted after ${restarted} s, answers again after ${resumed} s`, 'configured, not shown']);
  };
  for (const [what, expression] of [
    ['hang (endless loop)', 'while (true);'],
    ['memory leak', 'globalThis.leak = []; setInterval(() => leak.push(Buffer.alloc(20_000_000, 1)), 20)'],
  ] as const) {
    const pod = await cluster.pod('lecture-course');
    const restarts = await cluster.restarts(pod);
    print(`${what} in ${pod}:`);
    const began = Date.now();
    // The leak may end this helper, too, since it shares the container's memory; the restart is what counts.
    await cluster.run(pod, 'course', inside(expression)).catch(() => undefined);
    await resumes(what, pod, restarts, began);
    const reason = await cluster.field(`pod/${pod}`, '.status.containerStatuses[0].lastState.terminated.reason');
    figures.push([`  ended because`, reason, '-']);
  }
  print('a liveness probe with a wrong path:');
  const probing = (livenessProbe: object): object => ({
    spec: { template: { spec: { containers: [{ name: 'course', livenessProbe }] } } },
  });
  try {
    await cluster.change('lecture-course', probing({ httpGet: { path: '/nothing-here' }, initialDelaySeconds: 5 }));
    const pod = await until('the new pod alone', 120_000, async () => {
      const pods = (await cluster.kubectl('get', 'pods', '-l', 'app=lecture-course', '-o', 'name')).split('\n');
      return pods.length === 1 ? pods[0]?.replace('pod/', '') : undefined;
    });
    const began = Date.now();
    const before = await cluster.restarts(pod);
    await until('wrong path: restarted', 120_000, async () =>
      (await cluster.restarts(pod)) > before ? true : undefined,
    );
    figures.push([
      'wrong path',
      `restarted within ${Math.round((Date.now() - began) / 1000)} s`,
      'configured, not shown',
    ]);
  } finally {
    await cluster.change('lecture-course', probing(container.livenessProbe));
  }
  await cluster.through('lecture-gateway', async (ask) => {
    good &&= (await ask('GET', '/courses')).status === 200;
  });
  return { good, figures };
}

const configure = (cluster: Cluster, data: Record<string, string>): Promise<string> =>
  cluster.kubectl('patch', 'configmap', 'lecture-config', '-p', JSON.stringify({ data }));

async function config({ cluster }: Options): Promise<Verdict> {
  const [pod, image] = [
    await cluster.pod('lecture-pay'),
    await cluster.field('deployment/lecture-pay', '.spec.template.spec.containers[0].image'),
  ];
  const restarts = await cluster.restarts(pod);
  return cluster.through('lecture-gateway', async (ask) => {
    const enrol = async (wanted: number): Promise<true | undefined> =>
      (await ask('POST', '/classes', wish)).status === wanted ? true : undefined;
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

async function breaker({ cluster, users }: Options): Promise<Verdict> {
  await configure(cluster, { PAY_DELAY_MS: '1500' });
  let result: LoadResult;
  try {
    await sleep(2000);
    result = await cluster.load('demo-load', { path: '/classes', body: wish, users: Math.min(users, 50), seconds: 30 });
  } finally {
    await configure(cluster, { PAY_DELAY_MS: '0' });
  }
  const began = Date.now();
  const recovery = await cluster.through('lecture-gateway', (ask) =>
    until('enrolments work again', 60_000, async () =>
      (await ask('POST', '/classes', wish)).status === 201 ? Date.now() - began : undefined,
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

const listed = (answer: Json): Json[] =>
  Array.isArray(answer) ? (answer as Json[]) : Object.values((answer._embedded ?? {}) as Record<string, Json[]>).flat();

async function outage({ cluster }: Options): Promise<Verdict> {
  const replicas = (await cluster.field('deployment/lecture-course', '.spec.replicas')) || '1';
  const students = [
    { courseId: 1, fee: 10000, student: 'KimSoonHee', textBook: 'eng_book' },
    { courseId: 1, fee: 12000, student: 'JohnDoe', textBook: 'kor_book' },
  ];
  await cluster.kubectl('scale', 'deployment/lecture-course', '--replicas=0');
  await cluster.kubectl('wait', '--for=delete', 'pod', '-l', 'app=lecture-course', '--timeout=120s');
  try {
    return await cluster.through('lecture-gateway', async (ask) => {
      const refused = await ask('GET', '/courses');
      const enrolled = await Promise.all(students.map((student) => ask('POST', '/classes', student)));
      const page = async (id: unknown): Promise<unknown> =>
        listed((await ask('GET', `/inquiryMypages/search/findByClassId?classId=${id}`)).answer)[0]?.deliveryStatus;
      const ids = enrolled.map(({ answer }) => answer.id);
      await until('my page shows both', 30_000, async () =>
        (await Promise.all(ids.map(page))).every((status) => status !== undefined) ? true : undefined,
      );
      const meanwhile = await Promise.all(ids.map(page));
      const began = Date.now();
      await cluster.kubectl('scale', 'deployment/lecture-course', `--replicas=${replicas}`);
      const caughtUp = await until('deliveries are started', 150_000, async () =>
        (await Promise.all(ids.map(page))).every((status) => status === 'DELIVERY_START')
          ? Date.now() - began
          : undefined,
      );
      return {
        good:
          enrolled.every(({ status }) => status === 201) &&
          meanwhile.every((status) => status === null) &&
          refused.status === 503,
        figures: [
          ['course at 0 pods: GET /courses', `${refused.status} after ${refused.ms} ms`, 'not shown'],
          [
            'two enrolments meanwhile',
            enrolled.map(({ status, ms }) => `${status} after ${ms} ms`).join(', '),
            '201, 201',
          ],
          ['deliveryStatus meanwhile', meanwhile.map(String).join(', '), 'null, null'],
          [
            'deliveryStatus after it is back',
            `DELIVERY_START for both, ${Math.round(caughtUp / 1000)} s after the scale-up`,
            'DELIVERY_START',
          ],
        ],
      };
    });
  } finally {
    await cluster.kubectl('scale', 'deployment/lecture-course', `--replicas=${replicas}`);
    await cluster.rolledOut('lecture-course');
  }
}

async function volume({ cluster }: Options): Promise<Verdict> {
  const log = async (): Promise<string[]> =>
    (
      await cluster.kubectl(
        ...['exec', await cluster.pod('lecture-alert'), '-c', 'alert', '--', 'python3', '-c'],
        "print(open('/tmp/logs/debug.log', encoding='utf-8').read())",
      )
    ).split('\n');
  const noticeOf = async (id: unknown): Promise<string[]> =>
    until(`the notice of ${id}`, 60_000, async () => {
      const lines = await log().catch(() => [] as string[]);
      return lines.some((line) => line.includes(`"id":${id}`) && line.includes('CourseRegistered')) ? lines : undefined;
    });
  return cluster.through('lecture-gateway', async (ask) => {
    const first = await ask('POST', '/courses', course);
    const before = await noticeOf(first.answer.id);
    const pod = await cluster.pod('lecture-alert');
    await cluster.kubectl('delete', 'pod', pod, '--wait=false');
    const second = await ask('POST', '/courses', course);
    await cluster.kubectl('wait', '--for=delete', `pod/${pod}`, '--timeout=120s');
    await cluster.rolledOut('lecture-alert');
    const after = await noticeOf(second.answer.id);
    const kept = before.every((line, at) => after[at] === line);
    return {
      good: kept && after.length > before.length && (await cluster.pod('lecture-alert')) !== pod,
      figures: [
        ['notices before the pod was deleted', String(before.length), '-'],
        ['of these in the new pod', kept ? 'all, in their order' : 'NOT all', '-'],
        ['and what happened meanwhile', `${after.length - before.length} more`, '-'],
      ],
    };
  });
}

const demonstrations: Record<string, (options: Options) => Promise<Verdict>> = {
  redeploy,
  autoscale,
  liveness,
  config,
  breaker,
  outage,
  volume,
  drain,
  rollback,
  skew,
  intruder,
  figures,
  trace,
};

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      namespace: { type: 'string', default: 'madang' },
      tag: { type: 'string' },
      users: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '120' },
      ingress: { type: 'string', default: 'istio-system' },
      monitoring: { type: 'string', default: 'monitoring' },
    },
  });
  const [name = ''] = positionals;
  const demonstration = demonstrations[name];
  if (!demonstration) {
    process.stderr.write(`Name one of ${Object.keys(demonstrations).join(', ')}.\n`);
    return 2;
  }
  const began = Date.now();
  try {
    const { good, figures: rows } = await demonstration({
      cluster: new Cluster(values.namespace, values.ingress),
      tag: values.tag,
      users: Number(values.users),
      seconds: Number(values.seconds),
      monitoring: values.monitoring,
    });
    print(`\n${name}: ${good ? 'as promised' : 'NOT AS PROMISED'} (${Math.round((Date.now() - began) / 1000)} s)`);
    for (const [what, here, source] of rows) print(`  ${what}: ${here}   [source: ${source}]`);
    return good ? 0 : 1;
  } catch (error) {
    process.stderr.write(`\n${name} broke off: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

process.exit(await main());
