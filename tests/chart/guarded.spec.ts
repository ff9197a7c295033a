import { systems } from '../../tools/run/infrastructure/templates.ts';
import { named, of, pods, type Resource, render, resourcesOf } from './helm.ts';

/** Nobody in where they don't belong: review/mesh.md M1, M4, M6, M7, M11. */

const all = await systems();
const plain = render({ systems: all }).then(resourcesOf);
const tokened = render({ systems: all, serviceTokens: true }).then(resourcesOf);
const meshed = render({ systems: all, 'istio.enabled': true }).then(resourcesOf);
const STORES = { 'test-redis': 6379, 'test-kafka': 9092, 'test-mysql': 3306 };

const matches = (selector: Record<string, string>, labels: Record<string, string>): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);
/** The policies of a kind that select these labels. */
const over = <K extends 'NetworkPolicy' | 'AuthorizationPolicy' | 'PeerAuthentication'>(
  resources: readonly Resource[],
  kind: K,
  labels: Record<string, string>,
): Resource<K>[] =>
  of(resources, kind).filter(({ spec }) => {
    const { selector, podSelector } = spec as {
      selector?: { matchLabels: Record<string, string> };
      podSelector?: { matchLabels: Record<string, string> };
    };
    return matches((selector ?? podSelector)?.matchLabels ?? {}, labels);
  });
const running = async (which: Promise<readonly Resource[]>) =>
  pods(await which).filter(({ labels }) => labels['madang/client'] === undefined);

describe.each([
  ['without Istio', plain],
  ['with Istio', meshed],
])('%s', (_, which) => {
  test('every pod that runs has a policy, and no policy opens a port to everybody but the gateways 8080', async () => {
    const resources = await which;
    for (const { name, labels } of await running(which)) {
      const policies = over(resources, 'NetworkPolicy', labels);
      expect([name, policies.length]).toEqual([name, 1]);
      const open = policies.flatMap(({ spec }) => spec.ingress).filter(({ from }) => !from?.length);
      const ports = open.flatMap((rule) => rule.ports.map(({ port }) => port));
      expect([name, ports]).toEqual([name, which === plain && name.endsWith('-gateway') ? [8080] : []]);
    }
  });

  test('a store or broker opens its port to the services of this release alone', async () => {
    for (const [name, port] of Object.entries(STORES)) {
      const [rule] = named(await which, 'NetworkPolicy', name).spec.ingress;
      expect(rule).toEqual({
        from: [
          {
            podSelector: {
              matchLabels: { 'app.kubernetes.io/instance': 'test' },
              matchExpressions: [{ key: 'madang/system', operator: 'Exists' }],
            },
          },
        ],
        ports: [{ port }],
      });
    }
    for (const { name, labels } of await running(which))
      expect([name, labels['madang/system'] !== undefined]).toEqual([name, !(name in STORES)]);
  });

  test('each has a password of its own that services get as a reference, in the sidecar and in prepare', async () => {
    const resources = await which;
    const passwords = Object.keys(STORES).map((name) => named(resources, 'Secret', name).stringData?.password);
    for (const password of passwords) expect(password).toMatch(/^[A-Za-z0-9]{24}$/);
    expect(new Set(passwords).size).toBe(3);
    for (const { spec } of of(resources, 'Component')) {
      if (spec.type.startsWith('configuration.')) continue;
      const secret = spec.metadata.filter((item) => item.secretKeyRef);
      expect([spec.type, secret.length]).toEqual([spec.type, 1]);
    }
    const login = named(resources, 'Component', 'lecture-pubsub').spec.metadata;
    expect(login).toContainEqual({ name: 'authType', value: 'password' });
    const given = (appId: string): unknown[] =>
      (named(resources, 'Deployment', appId).spec.template.spec.initContainers?.[0].env ?? []).flatMap(
        ({ name, valueFrom }) => (valueFrom ? [[name, valueFrom.secretKeyRef.name]] : []),
      );
    expect(given('lecture-gift')).toEqual([
      ['REDIS_PASSWORD', 'test-redis'],
      ['KAFKA_PASSWORD', 'test-kafka'],
    ]);
    expect(given('lecture-pay')).toEqual([
      ['KAFKA_PASSWORD', 'test-kafka'],
      ['MYSQL', 'test-mysql'],
    ]);
  });

  test('no container but prepare sees a service account token, and the sidecar is given one', async () => {
    const token = '/var/run/secrets/kubernetes.io/serviceaccount';
    for (const { name, spec, annotations } of pods(await which)) {
      expect([name, spec.automountServiceAccountToken]).toEqual([name, false]);
      for (const { volumeMounts = [] } of spec.containers)
        expect(volumeMounts.filter(({ mountPath }) => mountPath.startsWith(token))).toEqual([]);
      if (annotations['dapr.io/enabled']) expect(annotations['dapr.io/volume-mounts']).toBe(`kube-api:${token}`);
    }
    for (const { metadata, automountServiceAccountToken } of of(await which, 'ServiceAccount'))
      expect([metadata.name, automountServiceAccountToken]).toEqual([metadata.name, false]);
  });

  test("every pod keeps the Pod Security Standard `restricted`, as far as it is the chart's", async () => {
    const kinds = ['configMap', 'emptyDir', 'projected', 'persistentVolumeClaim', 'secret'];
    for (const { spec } of pods(await which)) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of [...spec.containers, ...(spec.initContainers ?? [])])
        expect(container.securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        });
      for (const { name, ...source } of spec.volumes ?? [])
        expect([name, Object.keys(source).filter((kind) => !kinds.includes(kind))]).toEqual([name, []]);
      expect(spec).not.toHaveProperty('hostNetwork');
    }
  });
});

describe('in the mesh', () => {
  test('every pod demands a certificate on every port but those that speak for themselves', async () => {
    for (const { name, labels } of await running(meshed)) {
      const found = over(await meshed, 'PeerAuthentication', labels);
      expect([name, found.map(({ spec }) => spec.mtls.mode)]).toEqual([name, ['STRICT']]);
      const [{ spec }] = found as [Resource<'PeerAuthentication'>];
      expect(Object.keys(spec.portLevelMtls)).toEqual(['3501', '9090', '50002']);
    }
  });

  test('a service takes nobody through its proxy, a gateway its ingress, a store the services of this release', async () => {
    const resources = await meshed;
    for (const { name, labels } of await running(meshed)) {
      const policies = over(resources, 'AuthorizationPolicy', labels);
      expect([name, policies.length]).toEqual([name, 1]);
      const sources = (policies[0]?.spec.rules ?? []).flatMap(({ from }) => from.map(({ source }) => source));
      if (name in STORES)
        expect(sources).toEqual([{ principals: expect.arrayContaining(['*/ns/default/sa/lecture-pay']) }]);
      else if (name.endsWith('-gateway'))
        expect(sources).toEqual([{ namespaces: ['istio-system'] }, { principals: ['*/ns/default/sa/test-client'] }]);
      else expect([name, sources]).toEqual([name, []]);
    }
  });

  test('gateway.from says who reaches a gateway, and without it the ingress alone', async () => {
    const at = async (values: object): Promise<unknown> =>
      named(resourcesOf(await render(values)), 'NetworkPolicy', 'lecture-gateway').spec.ingress.find(({ ports }) =>
        ports.some(({ port }) => port === 8080),
      )?.from?.[0];
    const office = { ipBlock: { cidr: '10.0.0.0/8' } };
    expect(await at({ 'gateway.from': [office] })).toEqual(office);
    expect(await at({ 'istio.enabled': true })).toEqual({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'istio-system' } },
      podSelector: { matchLabels: { istio: 'ingressgateway' } },
    });
  });

  test('gateway.grpc.enabled gives gateways a second port, in Service, pod and policy, and nothing to other services', async () => {
    const resources = resourcesOf(await render({ systems: ['lecture'], 'gateway.grpc.enabled': true }));
    const of = (name: string) => ({
      service: named(resources, 'Service', name).spec.ports.map((one) => one.port),
      env: named(resources, 'Deployment', name).spec.template.spec.containers[0]?.env?.filter(
        (one) => one.name === 'GRPC_PORT',
      ),
      policy: named(resources, 'NetworkPolicy', name).spec.ingress.flatMap(({ ports }) => ports.map((one) => one.port)),
    });
    const wanted = { service: [8080, 50051], env: [{ name: 'GRPC_PORT', value: '50051' }] };
    expect(of('lecture-gateway')).toMatchObject(wanted);
    expect(of('lecture-gateway').policy).toContain(50051);
    expect(of('lecture-pay')).toMatchObject({ service: [8080], env: [] });
    expect(of('lecture-pay').policy).not.toContain(50051);
  });

  test.each([
    [false, ['8080']],
    [true, ['8080', '50051']],
  ])('gateway.grpc.enabled %p: whom the gateway takes, its proxy lets to the ports %p', async (enabled, ports) => {
    const resources = resourcesOf(await render({ 'istio.enabled': true, 'gateway.grpc.enabled': enabled }));
    const { rules } = named(resources, 'AuthorizationPolicy', 'test-gateways').spec;
    expect(rules?.map(({ to }) => to)).toEqual([[{ operation: { ports } }]]);
  });

  test('every pod has its proxy before its first container; switching Istio on makes those anew that had none', async () => {
    const name = 'sidecar.istio.io/nativeSidecar';
    const asked = async (which: typeof plain) => pods(await which).map(({ annotations }) => annotations[name]);
    expect(new Set(await asked(meshed))).toEqual(new Set(['true']));
    expect(new Set(await asked(plain))).toEqual(new Set([undefined]));
  });

  test('a gateway has no load balancer of its own, and believes the proxy beside it who its clients are', async () => {
    const resources = await meshed;
    expect(named(resources, 'Service', 'lecture-gateway').spec.type).toBe('ClusterIP');
    const { env } = named(resources, 'Deployment', 'lecture-gateway').spec.template.spec.containers[0];
    expect(env).toContainEqual({ name: 'TRUSTED_PROXIES', value: '127.0.0.6,::6' });
    const ofPlain = named(await plain, 'Deployment', 'lecture-gateway').spec.template.spec.containers[0].env;
    expect(ofPlain?.map(({ name }) => name)).not.toContain('TRUSTED_PROXIES');
  });
});

describe('the console', () => {
  const values = { systems: ['lecture'], serviceTokens: true, 'console.enabled': true };
  const shown = render(values).then(resourcesOf);
  const shownInMesh = render({ ...values, 'istio.enabled': true }).then(resourcesOf);
  const console = async (which: typeof shown) => named(await which, 'Deployment', 'test-console').spec.template;
  const envOf = ({ spec: { containers } }: Awaited<ReturnType<typeof console>>) =>
    Object.fromEntries((containers[0].env ?? []).map(({ name, value }) => [name, value]));

  test('is not there where nobody wants it', async () => {
    expect(JSON.stringify([await plain, await meshed])).not.toMatch(/console|-pods"/);
  });

  test('has no right in the cluster and no token of its API, and nobody comes to its port but by kubectl port-forward', async () => {
    const resources = await shown;
    const { spec, metadata } = await console(shown);
    expect([spec.serviceAccountName, spec.automountServiceAccountToken]).toEqual(['test-console', false]);
    expect(named(resources, 'ServiceAccount', 'test-console').automountServiceAccountToken).toBe(false);
    const bound = JSON.stringify([...of(resources, 'RoleBinding'), ...of(resources, 'ClusterRoleBinding')]);
    expect(bound).not.toContain('console');
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(spec.containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true });
    expect(metadata.annotations).toBeUndefined();
    expect(envOf(await console(shown))).not.toHaveProperty('HOST');
    expect(over(resources, 'NetworkPolicy', metadata.labels).map((one) => one.spec.ingress)).toEqual([[]]);
    expect(of(resources, 'Service').map((one) => one.metadata.name)).not.toContain('test-console');
  });

  test('knows each service by a name that leads to its pods, with its token, and is the only one let in to 8080', async () => {
    const resources = await shown;
    const { spec } = await console(shown);
    const appIds = of(resources, 'Deployment').flatMap(({ metadata: { name } }) =>
      name.startsWith('test-') ? [] : [name],
    );
    const list = envOf(await console(shown)).CONSOLE_SERVICES?.split(',');
    expect(list).toEqual(appIds.map((appId) => `${appId}=${appId}-pods:8080`));
    const tokens = JSON.stringify(spec.volumes);
    for (const appId of appIds) {
      const service = named(resources, 'Service', `${appId}-pods`).spec;
      expect(service).toMatchObject({ clusterIP: 'None', ipFamilyPolicy: 'SingleStack', ports: [{ port: 8080 }] });
      expect([appId, tokens.includes(`"${appId}-app-token"`)]).toEqual([appId, !appId.endsWith('-gateway')]);
      expect(tokens).not.toContain(`"${appId}-api-token"`);
      const rules = named(resources, 'NetworkPolicy', appId).spec.ingress;
      const toApp = rules.filter(({ from, ports }) => from && ports[0]?.port === 8080);
      expect([appId, toApp]).toEqual([
        appId,
        [
          {
            from: [{ podSelector: { matchLabels: { app: 'test-console', 'app.kubernetes.io/instance': 'test' } } }],
            ports: [{ port: 8080 }],
          },
        ],
      ]);
    }
  });

  test('in the mesh: its account may read what it shows, with GET, and nobody comes to it', async () => {
    const resources = await shownInMesh;
    const rule = (paths: string[]) => ({
      from: [{ source: { principals: ['*/ns/default/sa/test-console'] } }],
      to: [{ operation: { ports: ['8080'], methods: ['GET'], paths } }],
    });
    const rules = (name: string) => named(resources, 'AuthorizationPolicy', name).spec.rules;
    expect(rules('test')).toEqual([rule(['/activity', '/status', '/deadletters', '/deferred'])]);
    expect(rules('test-gateways')).toContainEqual(rule(['/readyz']));
    const { metadata } = await console(shownInMesh);
    expect(over(resources, 'AuthorizationPolicy', metadata.labels).map(({ spec }) => spec)).toEqual([
      expect.not.objectContaining({ rules: expect.anything() }),
    ]);
    expect(over(resources, 'PeerAuthentication', metadata.labels)).toHaveLength(1);
  });

  test('console.from names who comes to its port, and console.hosts by which names', async () => {
    const from = [{ ipBlock: { cidr: '10.0.0.0/8' } }];
    const given = render({ ...values, 'console.from': from, 'console.hosts': ['a.example', 'b.example'] });
    const resources = resourcesOf(await given);
    expect(envOf(await console(given.then(resourcesOf)))).toMatchObject({
      HOST: '::',
      CONSOLE_HOSTS: 'a.example,b.example',
    });
    expect(named(resources, 'NetworkPolicy', 'test-console').spec.ingress).toEqual([{ from, ports: [{ port: 8000 }] }]);
    expect(named(resources, 'Service', 'test-console').spec.ports[0].port).toBe(8000);
  });
});

test('what holds data outlives `helm uninstall`, with its password', async () => {
  const kept = { redis: true, kafka: true, mysql: true };
  const values = Object.fromEntries(
    Object.entries(kept).map(([name, value]) => [`${name}.persistence.enabled`, value]),
  );
  const resources = resourcesOf(await render({ systems: all, ...values }));
  const keep = { 'helm.sh/resource-policy': 'keep' };
  const claims = of(resources, 'PersistentVolumeClaim');
  expect(claims.map(({ metadata }) => metadata.name).sort()).toEqual(['lecture-alert', ...Object.keys(STORES)].sort());
  for (const { metadata } of [...claims, ...of(resources, 'Secret')]) expect(metadata.annotations).toMatchObject(keep);
});

test('given serviceTokens, every service and its sidecar read the same two tokens, which nobody else has', async () => {
  const resources = await tokened;
  const made = new Map(of(resources, 'Secret').map(({ metadata, stringData }) => [metadata.name, stringData?.token]));
  const used: string[] = [];
  for (const { metadata, spec } of of(resources, 'Deployment').filter(
    ({ metadata }) => !metadata.name.startsWith('test-'),
  )) {
    const { annotations } = spec.template.metadata;
    const secrets = {
      DAPR_API_TOKEN: annotations['dapr.io/api-token-secret'],
      APP_API_TOKEN: annotations['dapr.io/app-token-secret'],
    };
    for (const [name, secret = ''] of Object.entries(secrets)) {
      const found = spec.template.spec.containers[0].env?.find((one) => one.name === name);
      expect([metadata.name, found?.valueFrom?.secretKeyRef]).toEqual([metadata.name, { name: secret, key: 'token' }]);
      expect(made.get(secret)).toMatch(/^\w{43}$/);
      used.push(made.get(secret) ?? '');
    }
  }
  expect(used.length).toBeGreaterThan(40);
  expect(new Set(used).size).toBe(used.length);
});

test('given no serviceTokens, nothing is said of tokens', async () => {
  expect(JSON.stringify(await plain)).not.toMatch(/API_TOKEN|token-secret/);
});
