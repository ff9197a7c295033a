/**
 * `npm run demo:stores -- --values <file> [--address 10.88.0.1]`: lecture on the cluster that KUBECONFIG names, on a Redis, a Kafka
 * and a MySQL outside of it, all with TLS and certificates of an authority of their own. Plays the story, then shows what each
 * of them says to a wrong password. It makes two namespaces of its own, and takes them away again.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { Cluster, print } from '../../tools/cluster/kubectl.ts';
import { until } from '../../tools/cluster/until.ts';
import { home } from '../../tools/run/paths.ts';
import { Child } from '../../tools/run/supervisor/child.ts';
import { chart } from '../chart/helm.ts';
import { Authority } from './authority.ts';
import { PASSWORD, type Servers, serversOf, USER } from './servers.ts';

const RELEASE = new Cluster('madang-on-stores');
const OUTSIDE = new Cluster('madang-stores');
/** As pods call the servers: a Service without pods leads to this machine. */
const HOST = `stores.${OUTSIDE.namespace}`;
const LONGEST_MS = 8 * 60_000;

/** A service that stands on each, the Secret with its login, and how the login stands there. */
const LOGINS = {
  Redis: ['lecture-gift', 'redis', (password: string) => ({ password })],
  Kafka: ['lecture-point', 'kafka', (password: string) => ({ password })],
  MySQL: [
    'lecture-pay',
    'mysql',
    (password: string, { mysql }: Servers) => ({
      connectionString: `${USER}:${password}@tcp(${mysql})/?allowNativePasswords=true&interpolateParams=true&tls=true`,
    }),
  ],
} as const;

const helm = async (...args: string[]): Promise<void> =>
  void (await promisify(execFile)('helm', [...args, '-n', RELEASE.namespace], { timeout: LONGEST_MS }));

const portOf = (address: string): number => Number(address.split(':')[1]);

/** Passes connections that come to an address of this machine on to the server, which listens on its loopback alone. */
const pass = (address: string, port: number): Promise<Server> =>
  new Promise((done, fail) => {
    const server = createServer((socket) => {
      const inner = connect(port, '127.0.0.1');
      socket.pipe(inner).pipe(socket);
      for (const [one, other] of [
        [socket, inner],
        [inner, socket],
      ] as const)
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
    });
    server.once('error', fail).listen(port, address, () => done(server));
  });

/** The name of the servers for pods. */
async function announce(address: string, servers: Servers): Promise<void> {
  // As Istio reads the names of ports: bytes, whatever they mean.
  const ports = (['redis', 'kafka', 'mysql'] as const).map((name) => ({
    name: `tcp-${name}`,
    port: portOf(servers[name]),
  }));
  await OUTSIDE.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: OUTSIDE.namespace } });
  await OUTSIDE.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'stores' }, spec: { ports } });
  await OUTSIDE.apply({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'stores-1', labels: { 'kubernetes.io/service-name': 'stores' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports,
  });
}

const secret = (name: string, stringData: Record<string, string>): Promise<void> =>
  RELEASE.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });

/** Installs the chart with the examples of values, and plays its story. */
async function install(file: string, servers: Servers, authority: Authority): Promise<void> {
  await RELEASE.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: RELEASE.namespace, labels: { 'istio-injection': 'enabled' } },
  });
  await secret('authority', { 'ca.crt': authority.certificate });
  for (const [, name, login] of Object.values(LOGINS)) await secret(name, login(PASSWORD, servers));
  const examples = ['managed-redis', 'managed-kafka', 'managed-mysql'].map((name) =>
    join(chart, `values/${name}.yaml`),
  );
  const set = [
    `redis.address=${servers.redis}`,
    'redis.tls.caSecret.name=authority',
    `kafka.address=${servers.kafka}`,
    'kafka.tls.caSecret.name=authority',
    'mysql.tls.caSecret.name=authority',
    'kafka.topics.partitions=3,kafka.topics.replication=1,kafka.topics.minInSyncReplicas=1',
    'systems={lecture}',
    'services.lecture-alert.volume.enabled=false',
  ];
  const values = [file, ...examples].flatMap((name) => ['-f', name]);
  await helm(
    'install',
    'madang',
    chart,
    ...values,
    ...set.flatMap((one) => ['--set', one]),
    '--wait',
    '--timeout',
    '7m',
  );
  await helm('test', 'madang', '--timeout', '3m');
}

/** What the new pod of a service says when its password is wrong, while the old one goes on. */
async function refusal(name: keyof typeof LOGINS, servers: Servers): Promise<string> {
  const [appId, secretName, login] = LOGINS[name];
  const before = await RELEASE.pod(appId);
  await secret(secretName, login('wrong', servers));
  await RELEASE.kubectl('rollout', 'restart', `deployment/${appId}`);
  try {
    return await until(`what prepare of ${appId} says`, 120_000, async () => {
      const pods = (await RELEASE.kubectl('get', 'pods', '-l', `app=${appId}`, '-o', 'name')).split('\n');
      const fresh = pods.find((pod) => pod !== `pod/${before}`);
      const log = fresh && (await RELEASE.kubectl('logs', fresh, '-c', 'prepare').catch(() => ''));
      return log ? log.split('\n').find((line) => line.includes('refuses')) : undefined;
    });
  } finally {
    await secret(secretName, login(PASSWORD, servers));
    await RELEASE.kubectl('rollout', 'undo', `deployment/${appId}`);
    await RELEASE.rolledOut(appId);
  }
}

async function show(values: string, address: string, folder: string, stopping: (() => unknown)[]): Promise<void> {
  const authority = await Authority.make(folder, 'authority');
  const servers = await serversOf(folder, authority, HOST);
  const children = servers.specs.map((spec) => new Child(spec, join(home, 'logs', `${spec.id}.log`)));
  for (const child of children) {
    stopping.push(() => child.stop());
    child.start();
  }
  await Promise.all(children.map((child) => child.whenHealthy(90_000)));
  await servers.grant();
  for (const at of [servers.redis, servers.kafka, servers.mysql]) {
    const passing = await pass(address, portOf(at));
    stopping.push(() => passing.close());
  }
  stopping.push(() => OUTSIDE.kubectl('delete', 'namespace', OUTSIDE.namespace));
  await announce(address, servers);
  stopping.push(
    () => RELEASE.kubectl('delete', 'namespace', RELEASE.namespace),
    () => helm('uninstall', 'madang'),
  );
  const began = Date.now();
  await install(values, servers, authority);
  print(`installed, and the story played, after ${Math.round((Date.now() - began) / 1000)} s`);
  for (const name of Object.keys(LOGINS) as (keyof typeof LOGINS)[])
    print(`${name}, wrong password: ${await refusal(name, servers)}`);
}

const { values } = parseArgs({
  options: { values: { type: 'string' }, address: { type: 'string', default: '10.88.0.1' } },
});
const folder = await mkdtemp(join(tmpdir(), 'madang-stores-'));
const stopping: (() => unknown)[] = [];
try {
  if (values.values === undefined) throw new Error('Name the values of your cluster: --values <file>.');
  await show(values.values, values.address, folder, stopping);
} catch (error) {
  print(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  for (const stop of stopping.reverse()) await stop();
  await rm(folder, { recursive: true, force: true });
}
