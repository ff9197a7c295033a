import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { goProgram } from '../../tools/run/provision/go.ts';
import { run } from '../../tools/run/provision/ways.ts';
import { root } from '../harness/system.ts';

export const chart = join(root, 'helm/madang');
/** Of the cluster the chart is rendered for. */
const KUBERNETES = '1.34.0';

interface Container {
  readonly name: string;
  readonly env: readonly { name: string; value: string }[];
  readonly startupProbe: { httpGet: { path: string } };
  readonly readinessProbe: { httpGet: { path: string } };
  readonly livenessProbe: { httpGet: { path: string } };
  readonly resources: { requests: object };
  readonly securityContext: object;
}

/** What the tests look at in the specs of resources; kubeconform checks the whole of them. */
interface Specs {
  readonly Deployment: {
    readonly template: {
      readonly metadata: { annotations: object };
      readonly spec: {
        readonly containers: readonly [Container];
        readonly initContainers: readonly [Container];
        readonly securityContext: object;
        readonly serviceAccountName: string;
        readonly topologySpreadConstraints: readonly object[];
      };
    };
  };
  readonly Service: { readonly type: string; readonly ports: readonly [{ port: number }] };
  readonly Gateway: { readonly servers: readonly { hosts: readonly string[] }[] };
  readonly VirtualService: { readonly gateways: readonly string[]; readonly hosts: readonly string[] };
  readonly NetworkPolicy: { readonly ingress: readonly object[] };
  readonly Configuration: {
    readonly accessControl: { defaultAction: string; policies: readonly { appId: string }[] };
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
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly scopes?: readonly string[];
  readonly spec: K extends keyof Specs ? Specs[K] : unknown;
  readonly data?: Record<string, string>;
  readonly rules?: readonly { resourceNames?: string[]; verbs: string[] }[];
}

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

async function helm(args: string[]): Promise<{ code: number; output: string }> {
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

export async function render(values: object): Promise<string> {
  const { code, output } = await helm(['template', 'test', chart, '--kube-version', KUBERNETES, ...setting(values)]);
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

export const resourcesOf = (text: string): Resource[] =>
  parseAllDocuments(text).flatMap((document) => (document.toJS() as Resource | null) ?? []);

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
