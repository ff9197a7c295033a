/** What a cluster makes of the rendered chart for one pod: variables and files of `prepare`, components of the sidecar. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { named, of, type Resource } from '../chart/helm.ts';

/** By name and key. */
export type Secrets = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Authorities {
  readonly projected?: {
    readonly sources: readonly { secret: { name: string; items: readonly { key: string; path: string }[] } }[];
  };
}

const keyOf = (secrets: Secrets, name: string, key: string): string => {
  const value = secrets[name]?.[key];
  if (value === undefined) throw new Error(`There is no Secret ${name} with the key ${key}.`);
  return value;
};

/** Writes the files that the pod's volume `authorities` has. */
export async function mountAuthorities(resources: readonly Resource[], appId: string, secrets: Secrets, to: string) {
  const { volumes = [] } = named(resources, 'Deployment', appId).spec.template.spec;
  const volume = volumes.find(({ name }) => name === 'authorities') as Authorities | undefined;
  await mkdir(to, { recursive: true });
  for (const { secret } of volume?.projected?.sources ?? [])
    for (const { key, path } of secret.items) await writeFile(join(to, path), keyOf(secrets, secret.name, key));
}

/** The variables of `prepare`, but for those of Dapr's resources, which are asked of a cluster. */
export function environmentOfPrepare(
  resources: readonly Resource[],
  appId: string,
  secrets: Secrets,
  authorities: string,
): Record<string, string> {
  const { initContainers } = named(resources, 'Deployment', appId).spec.template.spec;
  const env = (initContainers?.[0].env ?? []).filter(({ name }) => name !== 'DAPR');
  return Object.fromEntries(
    env.map(({ name, value = '', valueFrom }) => {
      const { secretKeyRef: ref } = valueFrom ?? {};
      return [name, ref ? keyOf(secrets, ref.name, ref.key) : value.replace(/^\/authorities\//, `${authorities}/`)];
    }),
  );
}

/**
 * Writes components as they are rendered, for one sidecar beside all: whatever their scope is, under names of their own, and
 * with the Secrets as a file, since there is no cluster.
 */
export async function componentsFor(resources: readonly Resource[], prefix: string, to: string): Promise<string[]> {
  const there = of(resources, 'Component').filter(({ spec }) => !spec.type.startsWith('configuration.'));
  await mkdir(to, { recursive: true });
  return Promise.all(
    there.map(async ({ scopes: _, ...component }) => {
      const name = `${prefix}-${component.metadata.name}`;
      const own = { ...component, metadata: { name }, auth: { secretStore: 'secrets' } };
      await writeFile(join(to, `${name}.yaml`), JSON.stringify(own));
      return name;
    }),
  );
}

/** The store that the components find their Secrets in. */
export async function secretStore(secrets: Secrets, to: string): Promise<void> {
  const file = join(to, 'secrets.json');
  await writeFile(file, JSON.stringify(secrets));
  const metadata = Object.entries({ secretsFile: file, multiValued: 'true' }).map(([name, value]) => ({ name, value }));
  const component = {
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Component',
    metadata: { name: 'secrets' },
    spec: { type: 'secretstores.local.file', version: 'v1', metadata },
  };
  await writeFile(join(to, 'secrets.yaml'), JSON.stringify(component));
}
