import { type DeclaredKey, keysOf } from '../run/infrastructure/configuration-keys.ts';
import { comment } from './yaml.ts';

/** One key that several services read is one declaration: two that differ would each be wrong for somebody. */
function merged(system: string, keys: readonly (readonly [string, DeclaredKey])[]): Map<string, DeclaredKey> {
  const all = new Map<string, DeclaredKey>();
  for (const [key, one] of keys) {
    const other = all.get(key);
    if (other && (other.value !== one.value || other.about !== one.about))
      throw new Error(`${system}: ${key} is declared in two ways; declare it once in services/${system}/shared.`);
    all.set(key, one);
  }
  return all;
}

/** helm/madang/config/<system>.yaml: each key that a service declares, with its value and what operators read of it. */
export function configMapOf(system: string, keys: readonly (readonly [string, DeclaredKey])[]): string {
  const head = `Written by ./run generate from the keys that the services of ${system} declare (config.ts, configuration.json, services/gateway/settings.ts); a test says when it is not current. The configuration of the system, in the cluster as on a laptop, where the runner puts the same keys into the configuration store. Services follow changes without a restart.`;
  const lines = [...merged(system, keys)].map(
    ([key, { value, about }]) => `${comment(about, 2)}  ${key}: ${JSON.stringify(value)}\n`,
  );
  return `${comment(head)}apiVersion: v1
kind: ConfigMap
metadata:
  name: ${system}-config
data:
${lines.join('')}`;
}

/** The ConfigMaps of all systems. */
export const configMaps = (systems: readonly string[]): Promise<[path: string, text: string][]> =>
  Promise.all(
    systems.map(async (system): Promise<[string, string]> => {
      const keys = [...(await keysOf(system)).values()].flatMap((one) => [...one]);
      return [`helm/madang/config/${system}.yaml`, configMapOf(system, keys)];
    }),
  );
