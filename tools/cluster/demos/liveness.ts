import type { Options, Verdict } from '../demonstration.ts';
import { through } from '../entrance.ts';
import { type Cluster, type Json, print } from '../kubectl.ts';
import { until } from '../until.ts';

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

const COURSE = 'lecture-course';
type Figure = Verdict['figures'][number];

const after = (began: number): string => `${Math.round((Date.now() - began) / 1000)} s`;

/** Waits until a pod was started again and the system answers. */
async function resumes(cluster: Cluster, what: string, pod: string, restarts: number, began: number): Promise<Figure> {
  await until(`${what}: restarted`, 330_000, async () => ((await cluster.restarts(pod)) > restarts ? true : undefined));
  const restarted = after(began);
  await until(`${what}: ready again`, 120_000, async () =>
    (await cluster.field(`pod/${pod}`, '.status.containerStatuses[0].ready')) === 'true' ? true : undefined,
  );
  await through(cluster, 'lecture-gateway', (ask) =>
    until(`${what}: answers again`, 60_000, async () =>
      (await ask('GET', '/courses').catch(() => undefined))?.status === 200 ? true : undefined,
    ),
  );
  return [what, `restarted after ${restarted}, answers again after ${after(began)}`, 'configured, not shown'];
}

/** Runs in a service what makes it useless, until it was started again. */
async function ruined(cluster: Cluster, what: string, expression: string): Promise<Figure[]> {
  const pod = await cluster.pod(COURSE);
  const restarts = await cluster.restarts(pod);
  print(`${what} in ${pod}:`);
  const began = Date.now();
  // The leak may end this helper, too, since it shares the container's memory; the restart is what counts.
  await cluster.run(pod, 'course', inside(expression)).catch(() => undefined);
  const figure = await resumes(cluster, what, pod, restarts, began);
  const reason = await cluster.field(`pod/${pod}`, '.status.containerStatuses[0].lastState.terminated.reason');
  return [figure, ['  ended because', reason, '-']];
}

/** A probe that asks a path which is not there has its pod started again. */
async function wrongProbe(cluster: Cluster): Promise<Figure> {
  const [container] = JSON.parse(await cluster.field(`deployment/${COURSE}`, '.spec.template.spec.containers')) as [
    Json & { livenessProbe: { httpGet: Json } },
  ];
  const probing = (livenessProbe: object): object => ({
    spec: { template: { spec: { containers: [{ name: 'course', livenessProbe }] } } },
  });
  print('a liveness probe with a wrong path:');
  try {
    await cluster.change(COURSE, probing({ httpGet: { path: '/nothing-here' }, initialDelaySeconds: 5 }));
    const pod = await until('the new pod alone', 120_000, async () => {
      const pods = (await cluster.kubectl('get', 'pods', '-l', `app=${COURSE}`, '-o', 'name')).split('\n');
      return pods.length === 1 ? pods[0]?.replace('pod/', '') : undefined;
    });
    const began = Date.now();
    const before = await cluster.restarts(pod);
    await until('wrong path: restarted', 120_000, async () =>
      (await cluster.restarts(pod)) > before ? true : undefined,
    );
    return ['wrong path', `restarted within ${after(began)}`, 'configured, not shown'];
  } finally {
    await cluster.change(COURSE, probing(container.livenessProbe));
  }
}

/** A pod that hangs, one that leaks, and one whose probe is wrong are started again. */
export async function liveness({ cluster }: Options): Promise<Verdict> {
  const leak = 'globalThis.leak = []; setInterval(() => leak.push(Buffer.alloc(20_000_000, 1)), 20)';
  const figures = [
    ...(await ruined(cluster, 'hang (endless loop)', 'while (true);')),
    ...(await ruined(cluster, 'memory leak', leak)),
    await wrongProbe(cluster),
  ];
  const { status } = await through(cluster, 'lecture-gateway', (ask) => ask('GET', '/courses'));
  return { good: status === 200, figures };
}
