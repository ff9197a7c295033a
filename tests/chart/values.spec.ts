import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { configurationRules, valuesSchema } from '../../helm/tools/schema.ts';
import { systems } from '../../tools/run/infrastructure/templates.ts';
import { goProgram } from '../../tools/run/provision/go.ts';
import { root } from '../harness/system.ts';
import { chart, faultsOf, fixedOf, KUBERNETES, named, of, render, resourcesOf } from './helm.ts';

const all = await systems();
const folder = join(chart, 'values');
/** Of the release before (commit 559b653): its values, what a user of it had set, and what nobody can change of what it made then. */
const ofBefore = (file: string): string => join(import.meta.dirname, 'before', file);

/** Renders with these values as a file, which is how YAML makes other types of them than --set does. */
async function renderFile(values: string): Promise<string> {
  const file = join(tmpdir(), `madang-values-${process.pid}-${Math.random()}.yaml`);
  await writeFile(file, values);
  try {
    return await render({}, '-f', file);
  } finally {
    await rm(file);
  }
}

/**
 * Renders as an upgrade does on a cluster that serves these APIs, whose Secrets all have the password `as-it-was`.
 * @param words more arguments of helm
 */
async function onCluster(
  apis: string[],
  ...words: string[]
): Promise<{ code: number; output: string; errors: string }> {
  const groups = ['apiregistration.k8s.io/v1', ...apis].map((groupVersion) => {
    const [name = '', version = ''] = groupVersion.split('/');
    return { name, versions: [{ groupVersion, version }], preferredVersion: { groupVersion, version } };
  });
  const listed = (groupVersion: string, resources: object[]): object => ({
    kind: 'APIResourceList',
    groupVersion,
    resources,
  });
  const answers: Record<string, object> = {
    '/version': { major: '1', minor: '34', gitVersion: `v${KUBERNETES}` },
    '/api': { kind: 'APIVersions', versions: ['v1'] },
    '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups },
    '/api/v1': listed('v1', [
      { name: 'secrets', kind: 'Secret', namespaced: true, verbs: ['get'] },
      { name: 'namespaces', kind: 'Namespace', namespaced: false, verbs: ['get'] },
    ]),
    ...Object.fromEntries(apis.map((api) => [`/apis/${api}`, listed(api, [])])),
  };
  const secret = { kind: 'Secret', apiVersion: 'v1', data: { password: Buffer.from('as-it-was').toString('base64') } };
  const api = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const [, name] = /^\/api\/v1\/namespaces\/madang\/secrets\/(.+)$/.exec(path) ?? [];
    const answer = name ? { ...secret, metadata: { name, namespace: 'madang' } } : answers[path];
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 }));
  });
  await once(api.listen(0, '127.0.0.1'), 'listening');
  const home = await mkdtemp(join(tmpdir(), 'madang-kube-'));
  const config = {
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${(api.address() as AddressInfo).port}` } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(join(home, 'config'), stringify(config));
  try {
    const { command } = await goProgram('helm', () => undefined);
    // What it serves is told, too: only install and upgrade ask the cluster that.
    const given = ['template', 'test', chart, '-n', 'madang', '--dry-run=server', '--kube-version', KUBERNETES];
    const served = ['apiregistration.k8s.io/v1', ...apis].flatMap((version) => ['--api-versions', version]);
    const [program = '', ...rest] = [...command, ...given, ...served, ...words];
    const child = spawn(program, rest, { cwd: root, env: { ...process.env, KUBECONFIG: join(home, 'config') } });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const [code] = (await once(child, 'close')) as [number];
    return { code, output, errors };
  } finally {
    api.close();
    await rm(home, { recursive: true });
  }
}

describe('the examples of values', () => {
  const examples = ['three-brokers', 'managed-kafka', 'managed-mysql', 'managed-redis', 'small'];

  test.each(examples)('%s renders resources that are valid', async (name) => {
    expect(await faultsOf(await render({ systems: all }, '-f', join(folder, `${name}.yaml`)))).toBe('');
  });

  test('are all there are', async () => {
    const names = (await readdir(folder)).filter((name) => !name.endsWith('.strimzi.yaml'));
    expect(names.sort()).toEqual(examples.map((name) => `${name}.yaml`).sort());
  });

  test('three brokers: every publisher waits for two of three copies, and sidecars and prepare log in alike', async () => {
    const resources = resourcesOf(await render({}, '-f', join(folder, 'three-brokers.yaml')));
    const metadata = named(resources, 'Component', 'lecture-pubsub').spec.metadata;
    expect(metadata).toEqual(
      expect.arrayContaining([
        { name: 'producerRequiredAcks', value: 'all' },
        { name: 'authType', value: 'password' },
        { name: 'saslMechanism', value: 'SHA-512' },
        { name: 'disableTls', value: 'false' },
        { name: 'saslPassword', secretKeyRef: { name: 'madang-events', key: 'password' } },
      ]),
    );
    const { spec, metadata: pod } = named(resources, 'Deployment', 'lecture-pay').spec.template;
    const env = Object.fromEntries((spec.initContainers?.[0].env ?? []).map(({ name, value }) => [name, value]));
    expect(env).toMatchObject({
      KAFKA_REPLICATION: '3',
      KAFKA_MIN_IN_SYNC: '2',
      KAFKA_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_TLS: 'true',
      KAFKA_CA: '/authorities/kafka.crt',
    });
    expect(pod.annotations['dapr.io/volume-mounts']).toContain(',authorities:/etc/pki/tls/certs');
    // What Strimzi makes is what the values name.
    const made = resourcesOf(await readFile(join(folder, 'three-brokers.strimzi.yaml'), 'utf8'));
    expect(named(made, 'Kafka', 'events').spec).toMatchObject({
      kafka: { listeners: [{ port: 9093, tls: true }], config: { 'min.insync.replicas': 2 } },
    });
    expect(named(made, 'KafkaUser', 'madang-events').spec).toMatchObject({ authentication: { type: 'scram-sha-512' } });
  });

  test('a managed Redis and MySQL: user, password, TLS and authority reach sidecars and prepare', async () => {
    const redis = resourcesOf(await render({}, '-f', join(folder, 'managed-redis.yaml')));
    for (const name of ['lecture-state', 'lecture-pubsub'])
      expect(named(redis, 'Component', name).spec.metadata).toEqual(
        expect.arrayContaining([
          { name: 'redisUsername', value: 'madang' },
          { name: 'enableTLS', value: 'true' },
          { name: 'redisPassword', secretKeyRef: { name: 'redis', key: 'password' } },
        ]),
      );
    const env = named(redis, 'Deployment', 'lecture-pay').spec.template.spec.initContainers?.[0].env;
    expect(env).toContainEqual({ name: 'REDIS_TLS', value: 'true' });
    const mysql = resourcesOf(await render({}, '-f', join(folder, 'managed-mysql.yaml')));
    const { spec } = named(mysql, 'Deployment', 'lecture-pay').spec.template;
    expect(spec.initContainers?.[0].env).toContainEqual({ name: 'MYSQL_CA', value: '/authorities/mysql.crt' });
    expect(spec.volumes).toContainEqual({
      name: 'authorities',
      projected: { sources: [{ secret: { name: 'mysql-authority', items: [{ key: 'ca.crt', path: 'mysql.crt' }] } }] },
    });
  });
});

describe('values as people give them', () => {
  test.each([
    ['image: { tag: 123456789012 }', 'lecture-pay:123456789012\n'],
    ['image: { tag: 1234567 }', 'lecture-pay:1234567\n'],
    ['tracing: { samplingRate: 0 }', 'samplingRate: "0"'],
    ['tracing: { samplingRate: 0.1 }', 'samplingRate: "0.1"'],
    ['tracing: { samplingRate: 1 }', 'samplingRate: "1"'],
    ['config: { lecture: { GIFT_STEP: 1000000 } }', 'GIFT_STEP: "1000000"'],
    ['config: { lecture: { POINT_PERCENT: 0.00001 } }', 'POINT_PERCENT: "0.00001"'],
    ['services: { lecture-pay: { env: { SOME: 20000000 } } }', 'name: SOME, value: "20000000"'],
    ['defaults: { resources: { limits: null } }', 'name: pay\n'],
  ])('%s just works', async (values, expected) => expect(await renderFile(values)).toContain(expected));

  test('a tag of digits works from the command line, too', async () => {
    expect(await render({}, '--set', 'image.tag=123456789012')).toContain('lecture-pay:123456789012\n');
    expect(await render({}, '--set', 'tracing.samplingRate=1')).toContain('samplingRate: "1"');
  });

  test('an override of a variable that the chart sets is the only one', async () => {
    const resources = resourcesOf(await render({ services: { 'lecture-pay': { env: { HOST: '0.0.0.0' } } } }));
    const hosts = (appId: string) =>
      named(resources, 'Deployment', appId).spec.template.spec.containers[0].env?.filter(({ name }) => name === 'HOST');
    expect(hosts('lecture-pay')).toEqual([{ name: 'HOST', value: '0.0.0.0' }]);
    // Else every address of IPv6 and IPv4.
    expect(hosts('lecture-gift')).toEqual([{ name: 'HOST', value: '::' }]);
  });

  test.each([
    ['image: { tag: 12345678901234567890 }', 'write it in quotes'],
    ['config: { lecture: { PAY_FAILURE: nonsense } }', '"nonsense" is refused by the service: Invalid option'],
    ['config: { lecture: { PAY_DELAY_MS: 600001 } }', 'must be a whole number from 0 to 600000'],
    ['config: { insurance: {} }', 'config: "insurance" is not one of the systems'],
    ['config: { lecture: { ALERT_EVENTS: "a b" } }', 'must be event names parted by commas'],
    ['kafka: { inCluster: false, address: "a:1", tls: { enabled: true } }', 'kafka.auth.mechanism is needed'],
    ['kafka: { inCluster: false, address: "a:1", auth: { mechanism: PLAIN } }', 'kafka.auth.username is needed'],
    [
      'kafka: { inCluster: false, address: "a:1", auth: { mechanism: PLAIN, username: u } }',
      'kafka.auth.passwordSecret.name is needed',
    ],
    ['kafka: { auth: { mechanism: GSSAPI } }', 'value must be one of'],
    ['services: { lecture-alert: { replicas: 2 } }', 'lecture-alert: its claim is held by one pod'],
  ])('%s is refused with a sentence', async (values, sentence) => {
    await expect(renderFile(values)).rejects.toThrow(sentence);
  });

  // What else there is to set to null is in the schema's `required`, which is derived below.
  test.each(['mysql', 'services', 'defaults.probes.startup', 'redis.tls', 'istio.outlier'])(
    'the section %s set to null is named in a sentence',
    async (path) => {
      await expect(render({ [path]: null })).rejects.toThrow(`missing property '${path.split('.').at(-1)}'`);
    },
  );

  test('the derived schemas are current (else: npx tsx helm/tools/schema.ts)', async () => {
    const current = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(chart, name), 'utf8'));
    expect(await current('config/schema.json')).toEqual(JSON.parse(await configurationRules()));
    expect(await current('values.schema.json')).toEqual(JSON.parse(await valuesSchema()));
  }, 300_000);
});

describe('an upgrade', () => {
  test('from the release before, with the values it had, by --reset-then-reuse-values: valid', async () => {
    expect(await faultsOf(await render({}, '-f', ofBefore('values.yaml')))).toBe('');
  });

  test('from the release before leaves what Kubernetes lets nobody change, and removes no claim', async () => {
    const then = parse(await readFile(ofBefore('fixed.yaml'), 'utf8')) as Record<string, unknown>;
    const now = fixedOf(resourcesOf(await render({}, '-f', ofBefore('user.yaml'))));
    expect(now).toMatchObject(then);
  });

  test('with --reuse-values, which knows no section that is new: a sentence names it', async () => {
    await expect(render({ 'kafka.topics': null })).rejects.toThrow("at '/kafka': missing property 'topics'");
  });

  test('as documents, examples and tools name it, keeps what the user has set', async () => {
    const files = ['docs', 'helm', 'tools', 'README.md', 'CONTRIBUTING.md', '.github'];
    const found = await promisify(execFile)('git', ['grep', '-nE', 'helm upgrade .*madang', '--', ...files], {
      cwd: root,
    });
    const lines = found.stdout.trim().split('\n');
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.filter((line) => !line.includes('--reset-then-reuse-values'))).toEqual([]);
  });

  test('to four pods of each service leaves alert, whose claim one pod holds, at one', async () => {
    const deployments = of(resourcesOf(await render({ 'defaults.replicas': 4 })), 'Deployment');
    const replicas = (appId: string) => deployments.find(({ metadata }) => metadata.name === appId)?.spec.replicas;
    expect([replicas('lecture-pay'), replicas('lecture-alert')]).toEqual([4, 1]);
  });

  test('keeps the passwords that were made', async () => {
    const { code, output, errors } = await onCluster(['dapr.io/v1alpha1']);
    expect([code, code === 0 ? '' : errors]).toEqual([0, '']);
    const secrets = of(resourcesOf(output), 'Secret');
    expect(secrets.map(({ stringData }) => stringData?.password)).toEqual(['as-it-was', 'as-it-was', 'as-it-was']);
  }, 180_000);
});

describe('a cluster of IPv6, of IPv4 or of both', () => {
  test('every Service takes what there is, or what is said', async () => {
    const policies = async (values: object): Promise<Set<string>> => {
      const services = of(resourcesOf(await render(values)), 'Service');
      return new Set(services.map(({ spec }) => spec.ipFamilyPolicy));
    };
    expect(await policies({})).toEqual(new Set(['PreferDualStack']));
    expect(await policies({ ipFamilyPolicy: 'SingleStack' })).toEqual(new Set(['SingleStack']));
    await expect(render({ ipFamilyPolicy: 'IPv6' })).rejects.toThrow("at '/ipFamilyPolicy'");
  });

  test('its Redis, Kafka and MariaDB listen on every address', async () => {
    const resources = resourcesOf(await render({}));
    const manifest = (name: string): string => {
      const [{ args, env }] = named(resources, 'Deployment', name).spec.template.spec.containers;
      return [...(args ?? []), ...(env ?? []).map((one) => `${one.name}=${one.value}`)].join(' ');
    };
    expect(manifest('test-redis')).toContain('--bind * -::* ');
    expect(manifest('test-mysql')).toContain('--bind-address=* ');
    expect(manifest('test-kafka')).toContain('KAFKA_LISTENERS=BROKER://:9092,');
  });
});

describe('a cluster that lacks something', () => {
  test('no Dapr: one sentence, and nothing is made', async () => {
    const { code, errors } = await onCluster([]);
    expect(code).not.toBe(0);
    expect(errors).toContain('This cluster has no Dapr: install it first');
  }, 180_000);

  test('no Istio, where it is wanted: one sentence', async () => {
    const { errors } = await onCluster(['dapr.io/v1alpha1'], '--set', 'istio.enabled=true');
    expect(errors).toContain('istio.enabled is true, but this cluster has no Istio');
  }, 180_000);
});
