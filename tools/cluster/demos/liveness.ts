import type { Options, Verdict } from '../demonstration.ts';
import { type Json, print } from '../kubectl.ts';
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

/** A pod that hangs, one that leaks, and one whose probe is wrong are started again. */
export async function liveness({ cluster }: Options): Promise<Verdict> {
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
