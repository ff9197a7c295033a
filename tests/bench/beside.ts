/** What is measured beside the system: the bare services, and Dapr's own outbox, on the same stores and broker. */
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { parse } from 'yaml';
import { readTemplate } from '../../tools/run/infrastructure/templates.ts';
import { home, portOffset, root } from '../../tools/run/paths.ts';
import type { ProcessSpec, Profile } from '../../tools/run/process.ts';
import { daprd } from '../../tools/run/provision/daprd.ts';
import { Child } from '../../tools/run/supervisor/child.ts';
import { logFile } from '../../tools/run/supervisor/logs.ts';
import { appSpec, type Replica, sidecarSpec } from '../../tools/run/supervisor/services.ts';
import { median } from './load.ts';
import type { Stores } from './stores.ts';

interface Item {
  name: string;
  value: string;
}
interface Component {
  metadata: { name: string };
  spec: { metadata: Item[] };
  scopes: string[];
}

const children: Child[] = [];

/** Ends what was started here. */
export async function stopBeside(): Promise<void> {
  for (const child of children.splice(0).reverse()) await child.stop();
}

async function started(spec: ProcessSpec): Promise<void> {
  const child = new Child(spec, logFile(spec.id));
  children.push(child);
  child.start();
  await child.whenHealthy(30_000);
}

/** The system's own component for these apps, under another name. JSON is YAML. */
async function component(profile: Profile, kind: string, name: string, scopes: string[], more: Item[] = []) {
  const text = await readFile(join(home, 'components', profile, `lecture-${kind}.yaml`), 'utf8');
  const found = parse(text) as Component;
  found.metadata.name = name;
  found.spec.metadata.push(...more);
  found.scopes = scopes;
  await mkdir(join(home, 'components/bench'), { recursive: true });
  await writeFile(join(home, 'components/bench', `${name}.yaml`), JSON.stringify(found));
}

/** An app as the runner would start it, with the flags of the system's own. */
async function replica(appId: string, app: number, command: string[]): Promise<Replica> {
  const [service] = await readTemplate('lecture');
  if (!service) throw new Error('dapr/lecture.yaml has no service');
  const at = app + portOffset;
  const ports = { app: at, http: at + 10_000, grpc: at + 12_000, internal: at + 14_000, metrics: at + 16_000 };
  return { service: { ...service, appId, command }, number: 1, ports };
}

async function sidecar(of: Replica): Promise<void> {
  const { command } = await daprd(() => undefined);
  const rendered = { resourcesPaths: [join(home, 'components/bench')], configFile: join(home, 'configuration.yaml') };
  await started(sidecarSpec(of, command, rendered));
}

/** Starts the bare services; answers the port that enrols. */
export async function startBare(profile: Profile, stores: Stores): Promise<number> {
  await stores.createTopic('bench', 4);
  for (const kind of ['state', 'pubsub'])
    await component(profile, kind, `bench-${kind}`, ['bench-class', 'bench-pay', 'bench-outbox']);
  const command = ['node', '--import', 'tsx', join(root, 'tests/bench/bare.ts')];
  const apps = await Promise.all([replica('bench-pay', 8085, command), replica('bench-class', 8086, command)]);
  for (const app of apps) {
    const spec = appSpec(app, '');
    await started({ ...spec, env: { ...spec.env, BROKER: profile === 'full' ? 'kafka' : 'redis' } });
    await sidecar(app);
  }
  return apps[1].ports.app;
}

export interface OwnOutbox {
  readonly latencyMs: number;
  readonly perSecond: number;
}

/** Dapr's own outbox: from the answer of a transaction to the delivery of its event, and deliveries of a burst. */
export async function ownOutbox(profile: Profile, stores: Stores): Promise<OwnOutbox> {
  const appId = 'bench-outbox';
  const topic = 'bench-outbox';
  // One partition each, so that the rate is that of a partition.
  await stores.createTopic(topic, 1);
  await stores.createTopic(`default${appId}${topic}outbox`, 1);
  await component(profile, 'pubsub', 'bench-outbox-pubsub', [appId]);
  await component(
    profile,
    'state',
    'bench-outbox-state',
    [appId],
    [
      { name: 'outboxPublishPubsub', value: 'bench-outbox-pubsub' },
      { name: 'outboxPublishTopic', value: topic },
    ],
  );
  const arrived = new Map<number, number>();
  const of = await replica(appId, 8089, []);
  const server = subscriber(topic, (n) => arrived.set(n, performance.now())).listen(of.ports.app, '127.0.0.1');
  await once(server, 'listening');
  try {
    await sidecar(of);
    const commit = async (n: number): Promise<number> => {
      const written = { key: `own-${n}`, value: { n }, contentType: 'application/json' };
      const { statusCode, body } = await request(
        `http://127.0.0.1:${of.ports.http}/v1.0/state/bench-outbox-state/transaction`,
        { method: 'POST', body: JSON.stringify({ operations: [{ operation: 'upsert', request: written }] }) },
      );
      if (statusCode >= 300) throw new Error(`Dapr's outbox: ${statusCode} ${await body.text()}`);
      return performance.now();
    };
    const all = async (upTo: number): Promise<void> => {
      const end = Date.now() + 20_000;
      while (arrived.size < upTo && Date.now() < end) await sleep(5);
    };
    const ages: number[] = [];
    for (let n = 0; n < 4; n++) {
      const committed = await commit(n);
      await all(n + 1);
      // The first one waits for the subscriptions.
      if (n > 0) ages.push((arrived.get(n) ?? Number.NaN) - committed);
    }
    const burst = profile === 'full' ? 6 : 200;
    const before = performance.now();
    await Promise.all(Array.from({ length: burst }, (_, n) => commit(4 + n)));
    await all(4 + burst);
    const lasted = (Math.max(...arrived.values()) - before) / 1000;
    return { latencyMs: median(ages), perSecond: (arrived.size - 4) / lasted };
  } finally {
    await stopBeside();
    server.close();
    server.closeAllConnections();
  }
}

function subscriber(topic: string, arrived: (n: number) => void): Server {
  return createServer(async (incoming, response) => {
    let text = '';
    for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
    const subscriptions = [{ pubsubname: 'bench-outbox-pubsub', topic, route: '/events' }];
    if (incoming.url === '/events') arrived((JSON.parse(text) as { data: { n: number } }).data.n);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(incoming.url === '/dapr/subscribe' ? JSON.stringify(subscriptions) : '');
  });
}
