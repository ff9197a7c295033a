/** `npm test -- stores`: brokers and stores with TLS and logins, as the chart's values describe those that others run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from '../../tools/cluster/prepare.ts';
import { freePort, home } from '../../tools/run/paths.ts';
import { Child } from '../../tools/run/supervisor/child.ts';
import { chart, type Resource, render, resourcesOf } from '../chart/helm.ts';
import { eventually } from '../harness/system.ts';
import { Authority } from './authority.ts';
import { componentsFor, environmentOfPrepare, mountAuthorities, type Secrets, secretStore } from './pod.ts';
import { GUEST, HOST, PASSWORD, type Servers, serversOf, USER } from './servers.ts';
import { type Sidecar, sidecarBeside } from './sidecar.ts';

const children: Child[] = [];
let folder: string;
let servers: Servers;
let own: Authority;
let foreign: Authority;
/** The chart with the examples of values, at these servers. */
let full: readonly Resource[];
let light: readonly Resource[];

async function start(spec: Child['spec']): Promise<void> {
  const child = new Child(spec, join(home, 'logs', `${spec.id}.log`));
  children.push(child);
  child.start();
  await child.whenHealthy(90_000);
}

async function rendered(...examples: string[]): Promise<readonly Resource[]> {
  const values = {
    'redis.address': servers.redis,
    'redis.tls.caSecret.name': 'authority',
    'kafka.address': servers.kafka,
    'kafka.tls.caSecret.name': 'authority',
    'mysql.tls.caSecret.name': 'authority',
    'kafka.topics': { partitions: 3, replication: 1, minInSyncReplicas: 1 },
  };
  return resourcesOf(await render(values, ...examples.flatMap((name) => ['-f', join(chart, `values/${name}.yaml`)])));
}

beforeAll(async () => {
  // Whatever goes wrong, nothing is left running.
  process.once('exit', () => {
    for (const child of children) child.kill();
  });
  folder = await mkdtemp(join(tmpdir(), 'madang-stores-'));
  [own, foreign] = await Promise.all([Authority.make(folder, 'authority'), Authority.make(folder, 'foreign')]);
  servers = await serversOf(folder, own);
  await Promise.all(servers.specs.map(start));
  await servers.grant();
  light = await rendered('managed-redis');
  full = await rendered('managed-redis', 'managed-mysql', 'managed-kafka');
}, 180_000);

afterAll(async () => {
  await Promise.all([...children].reverse().map((child) => child.stop()));
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const secretsOf = ({ user = USER, password = PASSWORD, certificate = own.certificate } = {}): Secrets => ({
  redis: { password },
  kafka: { password },
  mysql: {
    connectionString: `${user}:${password}@tcp(${servers.mysql})/?allowNativePasswords=true&interpolateParams=true&tls=true`,
  },
  authority: { 'ca.crt': certificate },
});

/** A service that stands on each, and how its variables begin. */
const SERVERS = {
  Redis: ['lecture-gift', 'REDIS'],
  Kafka: ['lecture-pay', 'KAFKA'],
  MySQL: ['lecture-pay', 'MYSQL'],
} as const;
type Name = keyof typeof SERVERS;

const LOGINS: Record<Name, string> = {
  Redis: 'redis.username and redis.passwordSecret',
  Kafka: 'kafka.auth',
  MySQL: 'the connection string in mysql.connectionSecret',
};
const OR: Record<Name, string> = { Redis: '', Kafka: '', MySQL: ', or tls=true is missing' };
const ADDRESSES: Record<Name, string> = { Redis: 'redis.address', Kafka: 'kafka.address', MySQL: LOGINS.MySQL };

/** Short, since all run; what has to be waited for is told at its end. */
const LIMIT_MS = 100;

/** What `prepare` ends with where one server is as told. */
async function prepared(
  server: Name,
  secrets: Secrets,
  other: (at: string) => Record<string, string> = () => ({}),
  limitMs = LIMIT_MS,
) {
  const [appId, variable] = SERVERS[server];
  const authorities = await mkdtemp(join(folder, 'authorities-'));
  await mountAuthorities(full, appId, secrets, authorities);
  const all = environmentOfPrepare(full, appId, secrets, authorities);
  const env = Object.fromEntries(
    Object.entries(all).filter(([name]) => name.startsWith(variable) || name === 'TABLES'),
  );
  const preparing = {
    env: { ...env, ...other(env[variable] ?? '') },
    say: () => undefined,
    limitMs,
    markOf: async () => undefined,
  };
  return prepare('lecture', preparing).then(
    () => 'all there',
    (error: Error) => error.message,
  );
}

describe.each(Object.keys(SERVERS) as Name[])('%s that others run', (server) => {
  const [, variable] = SERVERS[server];

  test('given the right settings, when pods prepare, then they find or make what they need', async () => {
    // A new broker elects for a moment the leaders of what it was just given.
    for (const time of ['first', 'second'])
      expect(`${time}: ${await prepared(server, secretsOf(), undefined, 30_000)}`).toBe(`${time}: all there`);
  });

  test('given a wrong password, then one sentence names the settings to look at', async () => {
    expect(await prepared(server, secretsOf({ password: 'wrong' }))).toBe(
      `${server} refuses the login: user or password is wrong${OR[server]}; see ${LOGINS[server]}.`,
    );
  });

  test('given a certificate of an authority that nobody named, then one sentence says so', async () => {
    expect(await prepared(server, secretsOf({ certificate: foreign.certificate }))).toBe(
      `${server} has a certificate of an unknown authority; name its Secret in ${server.toLowerCase()}.tls.caSecret.`,
    );
  });

  test('given an address that its certificate does not have, then one sentence says so', async () => {
    const other = (at: string) => ({ [variable]: at.replace(HOST, '127.0.0.1') });
    expect(await prepared(server, secretsOf(), other)).toBe(
      server === 'MySQL'
        ? 'MySQL with TLS must be called by its host name: the certificate of an address cannot be checked.'
        : `${server} has a certificate for another host name than the one it is called by.`,
    );
  });

  test('given a user without rights, then one sentence says so', async () => {
    const other = () => (server === 'MySQL' ? {} : { [`${variable}_USERNAME`]: GUEST });
    expect(await prepared(server, secretsOf({ user: GUEST }), other)).toBe(
      `${server} does not let this user make what is missing; grant it, or make it yourself and set prepare.enabled to false.`,
    );
  });

  test('given nothing at the address, then it waits, and says so in the end', async () => {
    const port = await freePort();
    const other = (at: string) => ({ [variable]: at.replace(/:\d+(?=\)|$)/, `:${port}`) });
    expect(await prepared(server, secretsOf(), other)).toBe(
      `${server} is not ready after 0.1 s: nothing listens there; see ${ADDRESSES[server]}.`,
    );
  });

  test('given TLS is left out of the settings, then one sentence says so', async () => {
    const other = (at: string) =>
      server === 'MySQL' ? { MYSQL: at.replace('tls=true', 'tls=false') } : { [`${variable}_TLS`]: 'false' };
    expect(await prepared(server, secretsOf(), other)).toEqual(
      server === 'MySQL'
        ? expect.stringContaining('tls=true')
        : `${server} is not ready after 0.1 s: it ends the connection; perhaps it wants TLS.`,
    );
  });
});

describe('a sidecar on the components that the chart renders for them', () => {
  let sidecar: Sidecar;

  beforeAll(async () => {
    const secrets = secretsOf();
    const [components, authorities] = [join(folder, 'components'), join(folder, 'mounted')];
    await mountAuthorities(full, 'lecture-pay', secrets, authorities);
    await componentsFor(light, 'light', components);
    await componentsFor(full, 'full', components);
    await secretStore(secrets, components);
    const pubsubs = ['light-lecture-pubsub', 'full-lecture-pubsub'];
    sidecar = await sidecarBeside(components, { pubsubs, topic: 'lecture', authorities });
    await start(sidecar.spec);
  }, 120_000);

  afterAll(() => sidecar?.app.close());

  test.each([
    ['Redis', 'light-lecture-state'],
    ['MySQL', 'full-lecture-state'],
  ])('%s keeps state, in transactions, too, and refuses a write that is stale', async (_, store) => {
    const path = `/v1.0/state/${store}`;
    const upsert = (key: string, value: object) => ({ operation: 'upsert', request: { key, value } });
    const operations = [upsert('first', { 강의: 1 }), upsert('second', { 강의: 2 })];
    expect(await sidecar.call('POST', `${path}/transaction`, { operations })).toEqual({ status: 204, body: undefined });
    expect(await sidecar.call('GET', `${path}/first`)).toEqual({ status: 200, body: { 강의: 1 } });
    expect(await sidecar.call('GET', `${path}/second`)).toEqual({ status: 200, body: { 강의: 2 } });
    const stale = { key: 'first', value: 'lost', etag: '99999', options: { concurrency: 'first-write' } };
    expect(await sidecar.call('POST', path, [stale])).toMatchObject({ status: 409 });
    expect(await sidecar.call('DELETE', `${path}/second`)).toEqual({ status: 204, body: undefined });
    expect(await sidecar.call('GET', `${path}/second`)).toEqual({ status: 204, body: undefined });
  });

  test.each([
    ['Redis', 'light-lecture-pubsub'],
    ['Kafka', 'full-lecture-pubsub'],
  ])('%s takes an event and gives it to who subscribed', async (_, pubsub) => {
    const data = { type: '신청됨', at: pubsub };
    expect(await sidecar.call('POST', `/v1.0/publish/${pubsub}/lecture`, data)).toMatchObject({ status: 204 });
    await eventually(() => expect(sidecar.events).toContainEqual({ pubsub, data }), 30_000);
  });
});
