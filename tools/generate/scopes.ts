import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTemplate } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';

const FOLDERS = ['components/light', 'components/full', 'dapr/resiliency'];

/** A list of one line or of many, as YAML has it. */
const SCOPES = /^scopes:(?: \[.*\]|\s*\n {2}\[[^\]]*\]|(?:\n {2}- .*)+)$/m;
const CALLED = /^( {4}apps:)\n(?: {6}.*\n?)+/m;

const WIDTH = 120;

/** The list as the formatter leaves it. */
function listed(appIds: readonly string[]): string {
  const line = `[${appIds.join(', ')}]`;
  if (`scopes: ${line}`.length <= WIDTH) return `scopes: ${line}`;
  if (`  ${line}`.length <= WIDTH) return `scopes:\n  ${line}`;
  return `scopes:\n  [\n${appIds.map((appId) => `    ${appId},\n`).join('')}  ]`;
}

/** Replaces what has to be there, once. */
function replaced(text: string, what: RegExp, by: string, file: string): string {
  if (!what.test(text)) throw new Error(`${file} has no ${what === SCOPES ? 'list of scopes' : 'list of apps'}.`);
  return text.replace(what, () => by);
}

/** The services of a system that have a store of their own: components/<profile>/<app id>-state.yaml. */
export async function apart(system: string): Promise<Set<string>> {
  const names = new Set(await readdir(join(root, 'components/light')));
  const services = await readTemplate(system);
  return new Set(services.map(({ appId }) => appId).filter((appId) => names.has(`${appId}-state.yaml`)));
}

/**
 * Component and resiliency files, each with the scopes that follow from `dapr/<system>.yaml`: everybody reads configuration,
 * services take events and keep state, and those with a store of their own do not see the common one. The gateway's
 * resiliency names every service, because what it does not name is tried again by Dapr. What else is in a file stays.
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
        const path = `${folder}/${name}`;
        const text = await readFile(join(root, path), 'utf8');
        if (scopes[name]) files.push([path, replaced(text, SCOPES, listed(scopes[name]), path)]);
        else if (name === `${system}-gateway.yaml`) {
          // A callee with limits of its own keeps them.
          const lineOf = (appId: string) => new RegExp(`^ {6}${appId}: .*$`, 'm').exec(text)?.[0];
          const calls = services.map((appId) => `${lineOf(appId) ?? `      ${appId}: { timeout: call }`}\n`).join('');
          files.push([path, replaced(text, CALLED, `    apps:\n${calls}`, path)]);
        }
      }
  }
  return files;
}
