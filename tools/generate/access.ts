import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { INTERNAL } from '../../services/kit/index.ts';
import { definitionsOf } from '../run/infrastructure/definitions.ts';
import { readTemplate } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { prefixOf } from './public-routes.ts';
import { comment, listed } from './yaml.ts';

const HEAD = `${comment('Written by ./run generate from publicPaths and calls of every service.ts; a test says when it is not current.')}#
${comment('Who may ask a service for what: the caller, and the beginnings of the paths. Where sidecars have access control (the chart, ./run up --mtls) nobody may ask for anything else.')}`;

/** The services that a service in another language calls, as its policies of calls name them. */
async function foreignCalls(appId: string): Promise<string[]> {
  const text = await readFile(join(root, 'dapr/resiliency', `${appId}.yaml`), 'utf8').catch(() => undefined);
  const { spec } = (text === undefined ? {} : parse(text)) as { spec?: { targets?: { apps?: object } } };
  return Object.keys(spec?.targets?.apps ?? {});
}

/** For each service that anybody may call, its callers and the paths that each may ask for. */
async function callersIn(system: string): Promise<Map<string, Map<string, readonly string[]>>> {
  const definitions = await definitionsOf(system);
  const found = new Map<string, Map<string, readonly string[]>>();
  const allow = (callee: string, caller: string, paths: readonly string[]): void => {
    found.set(callee, (found.get(callee) ?? new Map()).set(caller, [...new Set(paths)]));
  };
  for (const { appId, name } of await readTemplate(system)) {
    const service = definitions.get(name);
    if (service?.publicPaths.length)
      allow(
        appId,
        `${system}-gateway`,
        service.publicPaths.map((path) => prefixOf(path).inside),
      );
    for (const [callee, { paths }] of Object.entries(service?.calls ?? {})) allow(callee, appId, paths ?? INTERNAL);
    if (!service && name !== 'gateway') for (const callee of await foreignCalls(appId)) allow(callee, appId, INTERNAL);
  }
  return found;
}

/** dapr/access: who may call whom, from what the services say of themselves. */
export async function access(systems: readonly string[]): Promise<[path: string, text: string][]> {
  const files: [string, string][] = [];
  for (const system of systems) {
    const callees = [...(await callersIn(system))].sort(([one], [other]) => (one < other ? -1 : 1));
    const parts = callees.map(([callee, callers]) => {
      const lines = [...callers].sort(([one], [other]) => (one < other ? -1 : 1));
      return `${callee}:\n${lines.map(([caller, paths]) => `  ${listed(caller, paths)}\n`).join('')}`;
    });
    files.push([`dapr/access/${system}.yaml`, HEAD + parts.join('')]);
  }
  return files;
}
