import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { explained, readme } from '../../helm/tools/values.ts';
import { accessControlOf } from '../../tools/run/infrastructure/access-control.ts';
import { readTemplates, systems } from '../../tools/run/infrastructure/templates.ts';
import { goProgram } from '../../tools/run/provision/go.ts';
import { run } from '../../tools/run/provision/ways.ts';
import { root } from '../harness/system.ts';
import { chart, faultsOf, lint, named, of, render, renderAsWritten, resourcesOf } from './helm.ts';

const all = await systems();
const profiles = ['light', 'full'];
const everything = {
  systems: all,
  monitoring: { serviceMonitors: true, rules: true, dashboards: true },
  istio: { enabled: true, tlsSecret: 'certificate' },
  console: {
    enabled: true,
    from: [{ podSelector: { matchLabels: { app: 'sign-in' } } }],
    hosts: ['console.example.com'],
  },
  'tracing.otlpEndpoint': 'collector:4317',
  'redis.persistence.enabled': true,
};
const outside = {
  systems: all,
  redis: { inCluster: false, address: 'redis.example:6379', passwordSecret: { name: 'redis' } },
  kafka: {
    inCluster: false,
    address: 'one.example:9092,two.example:9092',
    metadata: { authType: 'password', saslPassword: { secretKeyRef: { name: 'kafka', key: 'password' } } },
  },
  mysql: { inCluster: false, connectionSecret: { name: 'mysql' } },
};
describe('the chart', () => {
  test('passes helm lint with default values and with everything on', async () => {
    for (const values of [{}, everything]) expect(await lint(values)).toMatchObject({ code: 0 });
  });

  test.each(all.flatMap((system) => profiles.map((profile) => [system, profile])))(
    '%s on %s: every resource is valid by the strict schemas of Kubernetes and Dapr',
    async (system, profile) => expect(await faultsOf(await render({ systems: [system], profile }))).toBe(''),
  );

  test('everything on, and brokers and stores outside of the cluster: still valid, also for Istio and Prometheus', async () => {
    expect(await faultsOf(await render(everything))).toBe('');
    expect(await faultsOf(await render(outside))).toBe('');
  });

  test('is installed by the command of the README as it stands there, with the images it names', async () => {
    const commands = (await readFile(join(root, 'README.md'), 'utf8')).match(/^ *helm install .*$/gm) ?? [];
    expect(commands).toHaveLength(1);
    for (const command of commands) {
      const text = await renderAsWritten(command);
      expect(await faultsOf(text)).toBe('');
      expect(text).toContain('image: registry.example/madang/lecture-pay:1\n');
    }
  });

  test.each([
    ['a1b2c3d', 'a1b2c3d'],
    [1234567, '1234567'],
    ['', '0.1.0'],
  ])('names its images by the tag %p', async (tag, expected) => {
    expect(await render({ 'image.tag': tag })).toContain(`/lecture-pay:${expected}\n`);
  });

  test('is told what is wrong by kubeconform: the check itself works', async () => {
    const text = (await render({})).replace('terminationGracePeriodSeconds:', 'terminationGracePeriod:');
    expect(await faultsOf(text)).toContain('terminationGracePeriod');
  });
});

describe('every service', () => {
  const services = readTemplates(all);
  const rendered = render({ systems: all }).then(resourcesOf);

  test('each pod waits for the settings of Dapr that are rendered with it', async () => {
    const resources = await rendered;
    const marks = ['Configuration', 'Component', 'Resiliency'].flatMap((kind) =>
      of(resources, kind).map(({ metadata }) => {
        const path = { Configuration: 'configurations', Component: 'components', Resiliency: 'resiliencies' }[kind];
        return [`${path}/${metadata.name}`, metadata.annotations?.['madang/settings']];
      }),
    );
    const awaited = of(resources, 'Deployment').flatMap(({ spec }) => {
      const env = spec.template.spec.initContainers?.[0]?.env ?? [];
      const variable = (name: string): string | undefined => env.find((one) => one.name === name)?.value;
      const own = JSON.parse(variable('MARKS') ?? '{}') as Record<string, string>;
      // What images of before read: names alone.
      expect(variable('DAPR')?.split(',') ?? []).toEqual(Object.keys(own).sort());
      return Object.entries(own);
    });
    expect(marks.length).toBeGreaterThan(40);
    expect(Object.fromEntries(awaited)).toEqual(Object.fromEntries(marks));
  });

  test('has a deployment with probes, resources, a sidecar and no rights it does not need', async () => {
    const resources = await rendered;
    for (const { appId, name } of await services) {
      const { template } = named(resources, 'Deployment', appId).spec;
      const [container] = template.spec.containers;
      expect(container.name).toBe(name);
      for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const)
        expect(container[probe].httpGet.path).toMatch(/^\/(healthz|readyz)$/);
      expect(container.readinessProbe).toMatchObject({ timeoutSeconds: 2, periodSeconds: 5, failureThreshold: 10 });
      expect(container.livenessProbe).toMatchObject({ timeoutSeconds: 2, periodSeconds: 5, failureThreshold: 5 });
      expect(container.resources.requests).toMatchObject({ cpu: expect.anything(), memory: expect.anything() });
      expect(container.securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
      });
      expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true });
      expect(template.spec.serviceAccountName).toBe(appId);
      expect(template.spec.initContainers?.[0].env?.[0]?.value).toContain(`configurations/${appId}`);
      expect(template.spec.topologySpreadConstraints).toHaveLength(1);
      expect(template.metadata.annotations).toMatchObject({
        'dapr.io/enabled': 'true',
        'dapr.io/app-id': appId,
        'dapr.io/config': appId,
        'dapr.io/enable-native-sidecar': 'true',
        'dapr.io/sidecar-cpu-request': expect.any(String),
        'dapr.io/sidecar-memory-limit': '512Mi',
        'dapr.io/env': `GOMEMLIMIT=${384 * 2 ** 20}`,
      });
    }
  });

  test('has a Service, an account, a disruption budget, a network policy and a Dapr Configuration', async () => {
    const resources = await rendered;
    const appIds = (await services).map(({ appId }) => appId).sort();
    for (const kind of ['ServiceAccount', 'PodDisruptionBudget', 'NetworkPolicy', 'Configuration', 'Deployment'])
      expect(
        of(resources, kind)
          .map((resource) => resource.metadata.name)
          .filter((name) => !name.startsWith('test-'))
          .sort(),
      ).toEqual(appIds);
    for (const appId of appIds) expect(named(resources, 'Service', appId).spec.ports[0].port).toBe(8080);
  });

  test('is called by those who declare it, for the paths they declare, as on a laptop', async () => {
    const resources = await rendered;
    const { namespace } = named(resources, 'Configuration', 'lecture-pay').spec.accessControl.policies[0] ?? {};
    for (const { appId, system } of await services) {
      const { accessControl } = named(resources, 'Configuration', appId).spec;
      const onLaptop = JSON.stringify(await accessControlOf(system, appId));
      expect(accessControl).toEqual(
        JSON.parse(onLaptop.replaceAll('"namespace":"default"', `"namespace":"${namespace}"`)),
      );
    }
  });

  test('is reached from outside only if it is a gateway', async () => {
    const resources = await rendered;
    for (const { appId, name } of await services) {
      const isGateway = name === 'gateway';
      expect(named(resources, 'Service', appId).spec.type).toBe(isGateway ? 'LoadBalancer' : 'ClusterIP');
      const open = named(resources, 'NetworkPolicy', appId).spec.ingress.filter((rule) => !('from' in rule));
      expect(open).toHaveLength(isGateway ? 1 : 0);
    }
  });

  test('has the components it needs in scope, and each component a scope', async () => {
    for (const profile of profiles) {
      const resources = resourcesOf(await render({ systems: all, profile }));
      const components = of(resources, 'Component');
      for (const component of components) expect(component.scopes?.length).toBeGreaterThan(0);
      for (const { appId, name } of await services) {
        const kinds = components
          .filter((component) => component.scopes?.includes(appId))
          .map((component) => component.spec.type.split('.')[0])
          .sort();
        expect([appId, ...kinds]).toEqual([appId, 'configuration', ...(name === 'gateway' ? [] : ['pubsub', 'state'])]);
      }
    }
  });
});

test('the autoscalers have the figures of the contracts', async () => {
  const scalers = of(resourcesOf(await render({ systems: all })), 'HorizontalPodAutoscaler').map(
    ({ metadata, spec }) => [
      metadata.name,
      spec.minReplicas,
      spec.maxReplicas,
      spec.metrics[0].containerResource.target.averageUtilization,
    ],
  );
  expect(scalers.sort()).toEqual([
    ['academy-payment', 1, 10, 15],
    ['insurance-customer', 1, 10, 15],
    ['lecture-class', 1, 10, 1],
    ['lecture-course', 1, 10, 5],
    ['lecture-gift', 1, 10, 15],
    ['rental-product', 1, 10, 10],
    ['reward-mypage', 1, 10, 20],
  ]);
});

test('a service that does nothing stays below what it scales at', async () => {
  const resources = resourcesOf(await render({ systems: all }));
  const millis = (cpu: string): number => (cpu.endsWith('m') ? Number.parseInt(cpu, 10) : Number(cpu) * 1000);
  for (const { metadata, spec } of of(resources, 'HorizontalPodAutoscaler')) {
    const [container] = named(resources, 'Deployment', metadata.name).spec.template.spec.containers;
    const { cpu } = container.resources.requests;
    const target = (millis(cpu) * spec.metrics[0].containerResource.target.averageUtilization) / 100;
    expect([metadata.name, target >= 8]).toEqual([metadata.name, true]);
  }
});

test('with Istio, all systems come in by one Gateway, so that a certificate is in no two', async () => {
  const resources = resourcesOf(await render(everything));
  const hosts = all.map((system) => `${system}.example.com`);
  expect(
    of(resources, 'Gateway').map(({ metadata, spec }) => [metadata.name, spec.servers.map((at) => at.hosts)]),
  ).toEqual([['test', [hosts, hosts]]]);
  const routes = of(resources, 'VirtualService').map(({ spec }) => [...spec.gateways, ...spec.hosts]);
  expect(routes).toEqual(hosts.map((host) => ['test', host]));
});

test("configuration is the runner's file, with what values say; sidecars may read only their system's", async () => {
  const resources = resourcesOf(
    await render({ systems: all, config: { lecture: { PAY_DELAY_MS: 7 } }, kafka: outside.kafka }),
  );
  expect(named(resources, 'ConfigMap', 'lecture-config').data).toMatchObject({
    PAY_DELAY_MS: '7',
    GIFT_MAXIMUM: '4',
    KAFKA_URL: outside.kafka.address,
  });
  for (const system of all)
    expect(named(resources, 'Role', `${system}-config`).rules?.[0]).toMatchObject({
      resourceNames: [`${system}-config`],
      verbs: ['get', 'list', 'watch'],
    });
});

test('passwords are only ever references', async () => {
  const text = await render(outside);
  const resources = resourcesOf(text);
  expect(of(resources, 'Secret')).toEqual([]);
  const metadata = of(resources, 'Component').flatMap(({ spec }) => spec.metadata);
  for (const item of metadata.filter(({ name }) => /password|connectionString/i.test(name)))
    expect(item.secretKeyRef ?? item.value).toMatchObject({ name: expect.any(String), key: expect.any(String) });
});

describe('a wrong value is refused', () => {
  test.each<[string, object, string]>([
    ['an unknown system', { systems: ['lectures'] }, 'there is no system "lectures"; there is '],
    ['no system', { systems: [] }, "at '/systems': minItems"],
    ['an unknown profile', { profile: 'fat' }, "at '/profile': value must be one of 'full', 'light'"],
    ['an unknown service', { services: { 'lecture-pai': {} } }, 'there is no service "lecture-pai"; there is '],
    ['a misspelt setting', { services: { 'lecture-pay': { replica: 2 } } }, "'replica' not allowed"],
    ['a misspelt value', { gatway: {} }, "'gatway' not allowed"],
    ['an unknown key', { config: { lecture: { PAY: 1 } } }, 'there is no key "PAY"; there is ALERT_EVENTS'],
    [
      'a Kafka without address',
      { kafka: { inCluster: false } },
      'kafka.address is needed when kafka.inCluster is false',
    ],
    ['a Redis without address', { redis: { inCluster: false } }, 'redis.address is needed'],
    ['a MySQL without Secret', { mysql: { inCluster: false } }, 'mysql.connectionSecret.name is needed'],
    ['a number that is none', { 'defaults.probes.readiness.periodSeconds': 'often' }, 'got string, want integer'],
  ])('%s', async (_, values, message) => {
    await expect(render(values)).rejects.toThrow(message);
  });
});

describe('monitoring', () => {
  const folder = join(chart, 'monitoring');
  const promtool = async (...args: string[]): Promise<{ code: number; output: string }> => {
    const { command } = await goProgram('promtool', (line) => void process.stderr.write(`${line}\n`));
    return run([...command, ...args], { limitMs: 60_000 });
  };

  test('the alert rules are well formed, and fire when they should and not before', async () => {
    expect(await promtool('check', 'rules', join(folder, 'rules.yaml'))).toMatchObject({ code: 0 });
    expect(await promtool('test', 'rules', join(folder, 'rules.test.yaml'))).toMatchObject({ code: 0 });
  });

  test('what to do about each alert stands in docs/operations/alerts.md', async () => {
    const text = await readFile(join(chart, '../../docs/operations/alerts.md'), 'utf8');
    const { groups } = parse(await readFile(join(folder, 'rules.yaml'), 'utf8'));
    for (const { alert } of groups[0].rules) expect(text).toContain(`## ${alert}\n`);
  });

  test('every query of every dashboard is one, and it and the alerts are about figures that services or sidecars have', async () => {
    const names = await readdir(join(folder, 'dashboards'));
    expect(names).toHaveLength(4);
    const boards = await Promise.all(names.map((name) => readFile(join(folder, 'dashboards', name), 'utf8')));
    const queries = boards
      .flatMap((board) => (JSON.parse(board) as { panels: { targets: { expr: string }[] }[] }).panels)
      .flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const rules = queries.map((expr, at) => ({ record: `query:${at}`, expr }));
    const file = join(tmpdir(), `madang-queries-${process.pid}.yaml`);
    await writeFile(file, stringify({ groups: [{ name: 'queries', rules }] }));
    expect(await promtool('check', 'rules', file)).toMatchObject({ code: 0 });
    await rm(file);
    const rulesText = await readFile(join(folder, 'rules.yaml'), 'utf8');
    const kit = join(root, 'services/kit');
    const files = (await readdir(kit, { recursive: true })).filter((file) => /(?<!\.spec)\.ts$/.test(file));
    const sources = (await Promise.all(files.map((file) => readFile(join(kit, file), 'utf8')))).join('');
    for (const [, name = ''] of `${queries.join(' ')} ${rulesText}`.matchAll(/madang_(\w+?)(?:_total)?\b/g))
      expect(sources).toMatch(new RegExp(`'${name}'|\\b${name}:`));
  });

  test('every counter that a rule or panel asks is there with 0 from the start, also in Python and Go', async () => {
    const names = await readdir(join(folder, 'dashboards'));
    const files = ['rules.yaml', ...names.map((name) => join('dashboards', name))];
    const asked = (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join('');
    const kit = join(root, 'services/kit');
    const sources = (await readdir(kit, { recursive: true })).filter((file) => /(?<!\.spec)\.ts$/.test(file));
    const typescript = (await Promise.all(sources.map((file) => readFile(join(kit, file), 'utf8')))).join('');
    const alert = await readFile(join(root, 'services/lecture/alert/metrics.py'), 'utf8');
    const templates = ['go/metrics.go.tmpl', 'python/metrics.py.tmpl'];
    const made = await Promise.all(templates.map((file) => readFile(join(root, 'tools/new/templates', file), 'utf8')));
    // What a service tells of nobody knows before: its counter begins with its first event of each type. alert publishes
    // nothing, and refuses no command; what `./run new` makes in Python or Go calls no service either.
    const without = {
      typescript: ['events_published'],
      alert: ['events_published', 'events_parked', 'refusals'],
      made: ['events_published', 'events_parked', 'refusals', 'calls_failed'],
    };
    for (const name of new Set([...asked.matchAll(/madang_(\w+)_total/g)].map(([, counter = '']) => counter))) {
      if (!without.typescript.includes(name)) expect(typescript).toMatch(new RegExp(`declare\\(\\s*'${name}'`));
      if (!without.alert.includes(name)) expect(alert).toContain(`("${name}", `);
      if (!without.made.includes(name))
        for (const text of made) expect(text).toMatch(new RegExp(`^madang_${name}_total({.*})? %`, 'm'));
    }
  });

  test('with Istio the ingress opens so many connections to a gateway, or requests would never have to wait', async () => {
    const rules = of(resourcesOf(await render({ 'istio.enabled': true })), 'DestinationRule');
    expect(rules.length).toBeGreaterThan(0);
    for (const { spec } of rules)
      expect(spec.trafficPolicy.connectionPool).toMatchObject({
        tcp: { maxConnections: expect.any(Number) },
        http: { http1MaxPendingRequests: expect.any(Number) },
      });
  });

  test('with Istio the figures are where Prometheus may and does look: at the proxy', async () => {
    const resources = resourcesOf(await render({ 'istio.enabled': true, 'monitoring.serviceMonitors': true }));
    const { annotations } = named(resources, 'Deployment', 'lecture-pay').spec.template.metadata;
    // Istio makes of these: port 15020, path /stats/prometheus, and asks the service itself.
    expect(annotations).toMatchObject({
      'prometheus.istio.io/merge-metrics': 'true',
      'prometheus.io/port': '8080',
      'prometheus.io/path': '/metrics',
    });
    const monitoring = { 'kubernetes.io/metadata.name': 'monitoring' };
    for (const app of ['lecture-pay', 'lecture-gateway', 'test-kafka']) {
      const rules = named(resources, 'NetworkPolicy', app).spec.ingress;
      const ofMonitoring = rules.filter(({ from }) =>
        from?.some((peer) => JSON.stringify(peer).includes(JSON.stringify(monitoring))),
      );
      expect([app, ofMonitoring.flatMap(({ ports }) => ports.map(({ port }) => port))]).toEqual([
        app,
        app === 'test-kafka' ? [15020] : [9090, 15020],
      ]);
    }
    expect(named(resources, 'ServiceMonitor', 'test-services').spec.endpoints[0]).toMatchObject({
      path: '/stats/prometheus',
      relabelings: [{ targetLabel: '__address__', replacement: '$1:15020' }, { targetLabel: 'app' }],
    });
  });

  test('with Istio the ingress tells the trace id of each request, and its own part of each trace', async () => {
    const values = { 'istio.enabled': true, 'istio.tracingProvider': 'otlp', 'tracing.samplingRate': 0.1 };
    const resources = resourcesOf(await render(values));
    const log = JSON.stringify(of(resources, 'EnvoyFilter'));
    for (const part of ['"namespace":"istio-system"', '%TRACE_ID%', '%REQ(TRACEPARENT)%', '%REQ(X-REQUEST-ID)%'])
      expect(log).toContain(part);
    expect(log).toContain('(?i)(lecture)\\\\.example\\\\.com');
    expect(of(resources, 'Telemetry').map(({ metadata, spec }) => [metadata.namespace, spec])).toEqual([
      [undefined, expect.objectContaining({ tracing: [{ disableSpanReporting: true }] })],
      [
        'istio-system',
        {
          selector: { matchLabels: { istio: 'ingressgateway' } },
          tracing: [{ providers: [{ name: 'otlp' }], randomSamplingPercentage: 10 }],
        },
      ],
    ]);
    const [{ accessLogging }] = of(resources, 'Telemetry').map(({ spec }) => spec as { accessLogging: object[] }) as [
      { accessLogging: object[] },
    ];
    expect(accessLogging).toMatchObject([{ filter: { expression: 'response.code >= 400 || response.code == 0' } }]);
  });
});

describe('its README', () => {
  test('explains every value, as values.yaml does', async () => {
    const { unexplained } = explained(await readFile(join(chart, 'values.yaml'), 'utf8'));
    expect(unexplained).toEqual([]);
  });
  test('is current (else: npx tsx helm/tools/values.ts)', async () => {
    // Tables are padded by the formatter.
    const plain = (text: string): string => text.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---');
    expect(plain(await readFile(join(chart, 'README.md'), 'utf8'))).toBe(plain(await readme()));
  });
});
