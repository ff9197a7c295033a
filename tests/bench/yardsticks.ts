/** What is measured beside the system: bare services, a bare event, and Dapr's own outbox, on the same stores and broker. */
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, request } from 'undici';
import { parse } from 'yaml';
import { readTemplate } from '../../tools/run/infrastructure/templates.ts';
import { home, portOffset, root } from '../../tools/run/paths.ts';
import type { ProcessSpec, Profile } from '../../tools/run/process.ts';
import { daprd } from '../../tools/run/provision/daprd.ts';
import { servicesNode } from '../../tools/run/provision/node.ts';
import { Child } from '../../tools/run/supervisor/child.ts';
import { logFile } from '../../tools/run/supervisor/logs.ts';
import { appSpec, type Interpreters, type Replica, sidecarSpec } from '../../tools/run/supervisor/services.ts';
import { flag, goSettings } from './bench.ts';
import { type Build, commandOf, type Process } from './build.ts';
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
export async function stopYardsticks(): Promise<void> {
  for (const child of children.splice(0).reverse()) await child.stop();
}

/** Starts a process that `stopYardsticks` ends. */
export async function started(spec: ProcessSpec): Promise<Process> {
  const child = new Child(spec, logFile(spec.id));
  children.push(child);
  child.start();
  await child.whenHealthy(30_000);
  return { id: spec.id, pid: child.pid ?? 0, kind: spec.kind === 'sidecar' ? 'sidecar' : 'app' };
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

/** What this checkout's own services run on. */
export const interpreters = async (): Promise<Interpreters> => {
  const { command } = await servicesNode((line) => process.stderr.write(`${line}\n`));
  return { node: command[0] ?? 'node', python: 'python3' };
};

/** An app as the runner would start it, with the flags of the system's own. */
async function replica(appId: string, app: number, command: string[]): Promise<Replica> {
  const [service] = await readTemplate('lecture');
  if (!service) throw new Error('dapr/lecture.yaml has no service');
  const at = app + portOffset;
  const ports = { app: at, http: at + 10_000, grpc: at + 12_000, internal: at + 14_000, metrics: at + 16_000 };
  return { service: { ...service, appId, command }, number: 1, ports };
}

/** A sidecar as the measured build starts its own: the same program, flags and settings, where /proc tells them. */
async function sidecar(of: Replica, build: Build): Promise<Process> {
  const [own] = (await build.processes()).filter(({ kind }) => kind === 'sidecar');
  const command = commandOf(own?.pid ?? 0);
  const rendered = {
    resourcesPaths: [join(home, 'components/bench')],
    configFile: flag(command, 'config') ?? join(home, 'configuration.yaml'),
  };
  const program = command[0] ? [command[0]] : (await daprd(() => undefined)).command;
  const spec = sidecarSpec(of, program, rendered);
  return started({
    ...spec,
    command: command[0] ? likeIts(command, spec.command) : spec.command,
    env: { ...spec.env, ...goSettings(own?.pid ?? 0) },
  });
}

/** The flags that tell one sidecar from another; all others are the build's. */
const OF_ONE =
  /^--(app-id|app-port|dapr-http-port|dapr-grpc-port|dapr-internal-grpc-port|metrics-port|profile-port|resources-path)=/;

/** The command line of a build's own sidecar, with what is particular to another in place of its own. */
export const likeIts = (its: readonly string[], another: readonly string[]): string[] => [
  ...its.filter((word) => !OF_ONE.test(word) && word !== '--enable-profiling'),
  ...another.filter((word) => OF_ONE.test(word) && !word.startsWith('--profile-port')),
];

/** Starts the bare services. */
export async function startBare(
  profile: Profile,
  build: Build,
  stores: Stores,
): Promise<{ port: number; processes: Process[] }> {
  await stores.createTopic('bench', 4);
  for (const kind of ['state', 'pubsub'])
    await component(profile, kind, `bench-${kind}`, ['bench-class', 'bench-pay', 'bench-outbox']);
  const command = ['node', '--import', 'tsx', join(root, 'tests/bench/bare.ts')];
  const apps = await Promise.all([replica('bench-pay', 8085, command), replica('bench-class', 8086, command)]);
  const processes: Process[] = [];
  for (const app of apps) {
    const spec = appSpec(app, await interpreters());
    processes.push(await started({ ...spec, env: { ...spec.env, BROKER: profile === 'full' ? 'kafka' : 'redis' } }));
    processes.push(await sidecar(app, build));
  }
  return { port: apps[1].ports.app, processes };
}

const DELIVERED = 200;

/** One event after the other, from before it is published at one sidecar until another has delivered it, in ms each. */
export async function bareDelivery(profile: Profile, build: Build, stores: Stores, everyMs: number): Promise<number[]> {
  const topic = 'bench-delivery';
  await stores.createTopic(topic, 4);
  await component(profile, 'pubsub', 'bench-delivery-pubsub', ['bench-from', 'bench-to']);
  const arrived = new Map<number, number>();
  const [from, to] = await Promise.all([replica('bench-from', 8085, []), replica('bench-to', 8086, [])]);
  const servers = [
    subscriber(undefined, '', () => undefined).listen(from.ports.app, '127.0.0.1'),
    subscriber('bench-delivery-pubsub', topic, (n) => arrived.set(n, performance.now())).listen(
      to.ports.app,
      '127.0.0.1',
    ),
  ];
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const pool = new Pool(`http://127.0.0.1:${from.ports.http}`);
  const publish = async (n: number): Promise<number> => {
    const published = performance.now();
    const path = `/v1.0/publish/bench-delivery-pubsub/${topic}?metadata.partitionKey=${n}`;
    const headers = { 'content-type': 'application/json' };
    const { statusCode, body } = await pool.request({ method: 'POST', path, headers, body: JSON.stringify({ n }) });
    if (statusCode >= 300) throw new Error(`A bare event: ${statusCode} ${await body.text()}`);
    await body.dump();
    const end = Date.now() + 20_000;
    while (!arrived.has(n) && Date.now() < end) await sleep(1);
    return (arrived.get(n) ?? Number.NaN) - published;
  };
  try {
    await sidecar(from, build);
    await sidecar(to, build);
    // The first ones wait for the subscription.
    for (let n = -10; n < 0; n++) await publish(n);
    const found: number[] = [];
    for (let n = 0; n < DELIVERED; n++) {
      const took = await publish(n);
      found.push(took);
      await sleep(Math.max(0, everyMs - took));
    }
    return found;
  } finally {
    await pool.close();
    await stopYardsticks();
    for (const server of servers) server.close().closeAllConnections();
  }
}

export interface OwnOutbox {
  /** In ms each. */
  readonly latencies: readonly number[];
  readonly perSecond: number;
}

const OUTBOX = 'bench-outbox';

/** Topics and components of an app with Dapr's own outbox. */
async function makeOutbox(profile: Profile, stores: Stores): Promise<void> {
  // One partition each, so that the rate is that of a partition.
  await stores.createTopic(OUTBOX, 1);
  await stores.createTopic(`default${OUTBOX}${OUTBOX}outbox`, 1);
  await component(profile, 'pubsub', 'bench-outbox-pubsub', [OUTBOX]);
  const outbox = [
    { name: 'outboxPublishPubsub', value: 'bench-outbox-pubsub' },
    { name: 'outboxPublishTopic', value: OUTBOX },
  ];
  await component(profile, 'state', 'bench-outbox-state', [OUTBOX], outbox);
}

/** Commits a transaction with an event at a sidecar; answers when that was. */
async function commit(port: number, n: number): Promise<number> {
  const written = { key: `own-${n}`, value: { n }, contentType: 'application/json' };
  const { statusCode, body } = await request(`http://127.0.0.1:${port}/v1.0/state/bench-outbox-state/transaction`, {
    method: 'POST',
    body: JSON.stringify({ operations: [{ operation: 'upsert', request: written }] }),
  });
  if (statusCode >= 300) throw new Error(`Dapr's outbox: ${statusCode} ${await body.text()}`);
  return performance.now();
}

/** Dapr's own outbox: from the answer of a transaction to the delivery of its event, and deliveries of a burst. */
export async function ownOutbox(profile: Profile, build: Build, stores: Stores): Promise<OwnOutbox> {
  await makeOutbox(profile, stores);
  const arrived = new Map<number, number>();
  const of = await replica(OUTBOX, 8089, []);
  const { app, http } = of.ports;
  const server = subscriber('bench-outbox-pubsub', OUTBOX, (n) => arrived.set(n, performance.now())).listen(
    app,
    '127.0.0.1',
  );
  await once(server, 'listening');
  try {
    await sidecar(of, build);
    const all = async (upTo: number): Promise<void> => {
      const end = Date.now() + 20_000;
      while (arrived.size < upTo && Date.now() < end) await sleep(5);
    };
    const ages: number[] = [];
    for (let n = 0; n < 4; n++) {
      const committed = await commit(http, n);
      await all(n + 1);
      // The first one waits for the subscriptions.
      if (n > 0) ages.push((arrived.get(n) ?? Number.NaN) - committed);
    }
    const burst = profile === 'full' ? 6 : 200;
    const before = performance.now();
    await Promise.all(Array.from({ length: burst }, (_, n) => commit(http, 4 + n)));
    await all(4 + burst);
    const lasted = (Math.max(...arrived.values()) - before) / 1000;
    return { latencies: ages, perSecond: (arrived.size - 4) / lasted };
  } finally {
    await stopYardsticks();
    server.close();
    server.closeAllConnections();
  }
}

/** An app that only gets events; without a pub/sub component none. */
function subscriber(pubsubname: string | undefined, topic: string, arrived: (n: number) => void): Server {
  return createServer(async (incoming, response) => {
    let text = '';
    for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
    const subscriptions = pubsubname ? [{ pubsubname, topic, route: '/events' }] : [];
    if (incoming.url === '/events') arrived((JSON.parse(text) as { data: { n: number } }).data.n);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(incoming.url === '/dapr/subscribe' ? JSON.stringify(subscriptions) : '');
  });
}
