/**
 * Makes helm/tools/schemas: what kubeconform needs to check the chart's resources strictly, taken from Kubernetes' own
 * OpenAPI description and from the CustomResourceDefinitions of Dapr, Istio and the Prometheus operator, as their Go
 * modules carry them. Run again when one of these versions changes: `npx tsx helm/tools/schemas.ts`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const KUBERNETES = 'k8s.io/kubernetes@v1.34.3';
const DAPR = 'github.com/dapr/dapr@v1.18.2';
const ISTIO = 'istio.io/api@v1.31.1';
const PROMETHEUS = 'github.com/prometheus-operator/prometheus-operator@v0.85.0';
/** The kinds the chart has. */
const KINDS = [
  ...['ConfigMap', 'PersistentVolumeClaim', 'Pod', 'Secret', 'Service', 'ServiceAccount'],
  ...['Deployment', 'HorizontalPodAutoscaler', 'NetworkPolicy', 'PodDisruptionBudget', 'Role', 'RoleBinding'],
  ...['Component', 'Configuration', 'Resiliency'],
  ...['Gateway', 'VirtualService', 'DestinationRule', 'PeerAuthentication', 'AuthorizationPolicy'],
  ...['Telemetry', 'EnvoyFilter'],
  ...['ServiceMonitor', 'PrometheusRule'],
];

type Json = { [key: string]: unknown };
const target = join(import.meta.dirname, 'schemas');

function moduleFolder(module: string): string {
  const env = { ...process.env, GOFLAGS: '-mod=mod' };
  const output = execFileSync('go', ['mod', 'download', '-json', module], { cwd: tmpdir(), env, encoding: 'utf8' });
  return (JSON.parse(output) as { Dir: string }).Dir;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As strict as can be: no unknown fields; without the prose. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (!isObject(value)) return value;
  const { description: _, 'x-kubernetes-validations': __, ...rest } = value;
  const either = rest['x-kubernetes-int-or-string'] === true || rest.format === 'int-or-string';
  const entries = Object.entries(rest).filter(
    ([key]) => !key.startsWith('x-kubernetes') && !(either && ['type', 'format', 'anyOf'].includes(key)),
  );
  const schema: Json = Object.fromEntries(
    entries.map(([key, part]) => [
      key,
      // Names of properties are not words of the schema language.
      key === 'properties' && isObject(part)
        ? Object.fromEntries(Object.entries(part).map(([name, property]) => [name, strict(property)]))
        : strict(part),
    ]),
  );
  if (either) schema.type = ['integer', 'string'];
  if (schema.properties && schema.additionalProperties === undefined && !rest['x-kubernetes-preserve-unknown-fields'])
    schema.additionalProperties = false;
  return schema;
}

function write(group: string, kind: string, version: string, schema: unknown): void {
  writeFileSync(join(target, `${group}_${kind}_${version}.json`.toLowerCase()), `${JSON.stringify(schema)}\n`);
}

/** With all it refers to. */
function withDefinitions(name: string, all: Json): Json {
  const needed = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (isObject(value))
      for (const [key, part] of Object.entries(value)) {
        const reference = key === '$ref' && typeof part === 'string' ? part.replace('#/definitions/', '') : undefined;
        if (reference === undefined) visit(part);
        else if (!needed.has(reference)) {
          needed.add(reference);
          visit(all[reference]);
        }
      }
  };
  visit(all[name]);
  return {
    ...(strict(all[name]) as Json),
    definitions: Object.fromEntries([...needed].map((reference) => [reference, strict(all[reference])])),
  };
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target);
const { definitions } = JSON.parse(
  readFileSync(join(moduleFolder(KUBERNETES), 'api/openapi-spec/swagger.json'), 'utf8'),
) as { definitions: Record<string, Json> };
for (const [name, definition] of Object.entries(definitions)) {
  const kinds = definition['x-kubernetes-group-version-kind'] as Record<string, string>[] | undefined;
  const [known] = kinds ?? [];
  if (
    kinds?.length === 1 &&
    known &&
    KINDS.includes(known.kind ?? '') &&
    name !== 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler' &&
    !/alpha|beta/.test(known.version ?? '')
  )
    // kubeconform takes the version for the group where there is none.
    write(known.group || 'v1', known.kind ?? '', known.version ?? '', withDefinitions(name, definitions));
}
const folderOf = (folder: string): string[] => readdirSync(folder).map((file) => join(folder, file));
for (const file of [
  ...folderOf(join(moduleFolder(DAPR), 'charts/dapr/crds')),
  join(moduleFolder(ISTIO), 'kubernetes/customresourcedefinitions.gen.yaml'),
  ...folderOf(join(moduleFolder(PROMETHEUS), 'example/prometheus-operator-crd')),
]) {
  for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
    const crd = document.toJS() as {
      spec: { group: string; names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: Json } }[] };
    } | null;
    if (!crd || !KINDS.includes(crd.spec.names.kind)) continue;
    for (const { name, schema } of crd.spec.versions) {
      if (name !== 'v1' && crd.spec.versions.some((other) => other.name === 'v1')) continue;
      const strictSchema = strict(schema.openAPIV3Schema) as Json & { properties: Json };
      const text = { type: 'string' };
      Object.assign(strictSchema.properties, { apiVersion: text, kind: text, metadata: { type: 'object' } });
      write(crd.spec.group, crd.spec.names.kind, name, strictSchema);
    }
  }
}
