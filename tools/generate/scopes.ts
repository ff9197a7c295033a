import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTemplate } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { listed } from './yaml.ts';

const FOLDERS = ['components/light', 'components/full'];

/** A list of one line or of many, as YAML has it. */
const SCOPES = /^scopes:(?: \[.*\]|\s*\n {2}\[[^\]]*\]|(?:\n {2}- .*)+)$/m;

/** The services of a system that have a store of their own: components/<profile>/<app id>-state.yaml. */
export async function apart(system: string): Promise<Set<string>> {
  const names = new Set(await readdir(join(root, 'components/light')));
  const services = await readTemplate(system);
  return new Set(services.map(({ appId }) => appId).filter((appId) => names.has(`${appId}-state.yaml`)));
}

/**
 * Component files, each with the scopes that follow from `dapr/<system>.yaml`: everybody reads configuration, services take
 * events and keep state, and those with a store of their own do not see the common one. What else is in a file stays.
 */
export async function scoped(systems: readonly string[]): Promise<[path: string, text: string][]> {
  const files: [string, string][] = [];
  for (const system of systems) {
    const all = (await readTemplate(system)).map(({ appId }) => appId);
    const services = all.filter((appId) => appId !== `${system}-gateway`);
    const own = await apart(system);
    const scopes: Readonly<Record<string, readonly string[]>> = {
      [`${system}-configuration.yaml`]: [...services, `${system}-gateway`],
      [`${system}-pubsub.yaml`]: services,
      [`${system}-state.yaml`]: services.filter((appId) => !own.has(appId)),
      ...Object.fromEntries([...own].map((appId) => [`${appId}-state.yaml`, [appId]])),
    };
    for (const folder of FOLDERS)
      for (const name of (await readdir(join(root, folder))).sort()) {
        const appIds = scopes[name];
        if (!appIds) continue;
        const path = `${folder}/${name}`;
        const text = await readFile(join(root, path), 'utf8');
        if (!SCOPES.test(text)) throw new Error(`${path} has no list of scopes.`);
        files.push([path, text.replace(SCOPES, () => listed('scopes', appIds))]);
      }
  }
  return files;
}
