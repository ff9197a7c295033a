import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { goProgram } from '../../tools/run/provision/go.ts';
import { run } from '../../tools/run/provision/ways.ts';
import { root } from '../harness/system.ts';

export const chart = join(root, 'helm/madang');
/** Of the cluster the chart is rendered for. */
export const KUBERNETES = '1.34.0';

interface Container {
  readonly name: string;
  readonly args?: readonly string[];
  readonly env?: readonly {
    name: string;
    value?: string;
    valueFrom?: { secretKeyRef: { name: string; key: string } };
  }[];
  readonly volumeMounts?: readonly { name: string; mountPath: string }[];
  readonly startupProbe: { httpGet: { path: string } };
  readonly readinessProbe: { httpGet: { path: string } };
  readonly livenessProbe: { httpGet: { path: string } };
  readonly resources: { requests: { cpu: string } };
  readonly securityContext: object;
}

export interface PodSpec {
  readonly containers: readonly [Container];
  readonly initContainers?: readonly [Container];
  readonly securityContext: object;
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken?: boolean;
  readonly topologySpreadConstraints: readonly object[];
  readonly volumes?: readonly ({ name: string } & Record<string, unknown>)[];
}

/** What the tests look at in the specs of resources; kubeconform checks the whole of them. */
interface Specs {
  readonly Deployment: {
    readonly replicas?: number;
    readonly selector: object;
    readonly template: {
      readonly metadata: { annotations: Record<string, string>; labels: Record<string, string> };
      readonly spec: PodSpec;
    };
  };
  readonly Pod: PodSpec;
  readonly Service: {
    readonly type: string;
    readonly clusterIP?: string;
    readonly ipFamilyPolicy: string;
    readonly ports: readonly [{ port: number }];
  };
  readonly PersistentVolumeClaim: object;

  readonly DestinationRule: { readonly trafficPolicy: { readonly connectionPool: { tcp: object; http: object } } };
  readonly Gateway: { readonly servers: readonly { hosts: readonly string[] }[] };
  readonly VirtualService: { readonly gateways: readonly string[]; readonly hosts: readonly string[] };
  readonly NetworkPolicy: {
    readonly podSelector: { matchLabels: Record<string, string> };
    readonly ingress: readonly { from?: readonly object[]; ports: readonly { port: number }[] }[];
  };
  readonly PeerAuthentication: {
    readonly selector: { matchLabels: Record<string, string> };
    readonly mtls: { mode: string };
    readonly portLevelMtls: Record<string, { mode: string }>;
  };
  readonly AuthorizationPolicy: {
    readonly selector: { matchLabels: Record<string, string> };
    readonly rules?: readonly {
      from: readonly { source: { principals?: string[]; namespaces?: string[] } }[];
      to?: readonly { operation: { ports: string[] } }[];
    }[];
  };
  readonly ServiceMonitor: { readonly endpoints: readonly { path?: string; relabelings?: readonly object[] }[] };
  readonly Telemetry: object;
  readonly EnvoyFilter: object;
  readonly Configuration: {
    readonly accessControl: { defaultAction: string; policies: readonly { appId: string; namespace: string }[] };
  };
  readonly Component: {
    readonly type: string;
    readonly metadata: readonly { name: string; value?: unknown; secretKeyRef?: object }[];
  };
  readonly HorizontalPodAutoscaler: {
    readonly minReplicas: number;
    readonly maxReplicas: number;
    readonly metrics: readonly [{ containerResource: { target: { averageUtilization: number } } }];
  };
}

export interface Resource<K extends string = string> {
  readonly apiVersion: string;
  readonly kind: K;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly scopes?: readonly string[];
  readonly spec: K extends keyof Specs ? Specs[K] : unknown;
  readonly data?: Record<string, string>;
  readonly stringData?: Record<string, string>;
  readonly automountServiceAccountToken?: boolean;
  readonly rules?: readonly { resourceNames?: string[]; verbs: string[] }[];
  readonly roleRef?: object;
  readonly type?: string;
}

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

export async function helm(args: string[]): Promise<{ code: number; output: string }> {
  const found = await goProgram('helm', progress);
  const { code, output } = await run([...found.command, ...args], { limitMs: 60_000 });
  return {
    code,
    output: output
      .split('\n')
      .filter((line) => !line.startsWith('walk.go'))
      .join('\n'),
  };
}

const setting = (values: object): string[] => [
  ...Object.entries(values).flatMap(([path, value]) => ['--set-json', `${path}=${JSON.stringify(value)}`]),
];

export const lint = (values: object = {}): Promise<{ code: number; output: string }> =>
  helm(['lint', chart, '--strict', '--kube-version', KUBERNETES, ...setting(values)]);

const rendered = new Map<string, Promise<string>>();

/**
 * Many tests ask for the same: with values alone it is rendered once. More words may name files, which change.
 * @param values by path, as `--set-json` takes them
 * @param words more arguments of `helm template`
 */
export function render(values: object, ...words: string[]): Promise<string> {
  const key = JSON.stringify(values);
  const before = words.length === 0 ? rendered.get(key) : undefined;
  const now = before ?? template(values, words);
  if (words.length === 0) rendered.set(key, now);
  return now;
}

async function template(values: object, words: readonly string[]): Promise<string> {
  const args = ['template', 'test', chart, '--kube-version', KUBERNETES, ...words, ...setting(values)];
  const { code, output } = await helm(args);
  if (code !== 0) throw new Error(output);
  return output;
}

/**
 * What a shell makes of a `helm install` that stands in a document, rendered instead of installed.
 * @param of the folder of the chart, or a package of it
 */
export async function renderAsWritten(command: string, of = chart): Promise<string> {
  const [, args = ''] = /^\s*helm install madang helm\/madang (.*)$/.exec(command) ?? [];
  const words = args.split(/\s+/).filter((word) => word !== '--create-namespace');
  const { code, output } = await helm(['template', 'madang', of, '--kube-version', KUBERNETES, ...words]);
  if (code !== 0) throw new Error(output);
  return output;
}

const parsed = new Map<string, readonly Resource[]>();

/** What stands in a text; of the same text it is parsed once, which takes as long as rendering. */
export function resourcesOf(text: string): readonly Resource[] {
  const before = parsed.get(text);
  if (before) return before;
  const resources = parseAllDocuments(text).flatMap((document) => (document.toJS() as Resource | null) ?? []);
  parsed.set(text, resources);
  return resources;
}

/** What is wrong with these resources by the real schemas; nothing is the good answer. */
export async function faultsOf(text: string): Promise<string> {
  const found = await goProgram('kubeconform', progress);
  const schemas = join(root, 'helm/tools/schemas/{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json');
  const file = join(tmpdir(), `madang-chart-${process.pid}.yaml`);
  await writeFile(file, text);
  const command = [...found.command, '-strict', '-schema-location', schemas, file];
  const { code, output } = await run(command, { limitMs: 60_000 });
  await rm(file);
  return code === 0 ? output : output || `kubeconform ended with ${code}`;
}

export const of = <K extends string>(resources: readonly Resource[], kind: K): Resource<K>[] =>
  resources.filter((resource): resource is Resource<K> => resource.kind === kind);

export const named = <K extends string>(resources: readonly Resource[], kind: K, name: string): Resource<K> => {
  const found = of(resources, kind).find((resource) => resource.metadata.name === name);
  if (!found) throw new Error(`There is no ${kind} ${name}.`);
  return found;
};

/** Everything that becomes a pod: its name, labels and spec. */
export const pods = (
  resources: readonly Resource[],
): { name: string; labels: Record<string, string>; annotations: Record<string, string>; spec: PodSpec }[] => [
  ...of(resources, 'Deployment').map(({ metadata: { name }, spec: { template } }) => ({
    name,
    labels: template.metadata.labels,
    annotations: template.metadata.annotations ?? {},
    spec: template.spec,
  })),
  ...of(resources, 'Pod').map(({ metadata: { name, labels = {}, annotations = {} }, spec }) => ({
    name,
    labels,
    annotations,
    spec,
  })),
];

/**
 * What Kubernetes lets nobody change of a resource that is there, by kind and name: an upgrade that tries is refused. The
 * chart has no StatefulSet and no Job.
 */
export const fixedOf = (resources: readonly Resource[]): Record<string, unknown> =>
  Object.fromEntries(
    [
      ...of(resources, 'Deployment').map((one) => [one, { selector: one.spec.selector }] as const),
      ...of(resources, 'PersistentVolumeClaim').map((one) => [one, one.spec] as const),
      ...of(resources, 'Service').map((one) => [one, { clusterIP: one.spec.clusterIP ?? 'given' }] as const),
      ...of(resources, 'RoleBinding').map((one) => [one, { roleRef: one.roleRef }] as const),
      ...of(resources, 'Secret').map((one) => [one, { type: one.type ?? 'Opaque' }] as const),
    ].map(([{ kind, metadata }, fixed]) => [`${kind}/${metadata.name}`, fixed]),
  );
