import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { home, root } from '../paths.ts';

/** Where sidecars are, as their certificates say it. */
export const TRUST_DOMAIN = 'public';
export const NAMESPACE = 'default';

const Access = z.record(z.string(), z.record(z.string(), z.array(z.string())));
const Configuration = z.looseObject({ spec: z.looseObject({}) });

/** Dapr's access control before a service: nobody may call it but those whom dapr/access names, nor for other paths. */
export async function accessControlOf(system: string, appId: string): Promise<object> {
  const access = Access.parse(parse(await readFile(join(root, 'dapr/access', `${system}.yaml`), 'utf8')));
  const policies = Object.entries(access[appId] ?? {}).map(([caller, paths]) => ({
    appId: caller,
    defaultAction: 'deny',
    trustDomain: TRUST_DOMAIN,
    namespace: NAMESPACE,
    operations: paths.map((name) => ({ name, httpVerb: ['*'], action: 'allow' })),
  }));
  return { defaultAction: 'deny', trustDomain: TRUST_DOMAIN, policies };
}

/** Writes the configuration of one sidecar, which is that of all with its access control; answers the file. */
export async function guardedConfiguration(configFile: string, system: string, appId: string): Promise<string> {
  const { spec, ...rest } = Configuration.parse(parse(await readFile(configFile, 'utf8')));
  const folder = join(home, 'configurations');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${appId}.yaml`);
  const accessControl = await accessControlOf(system, appId);
  await writeFile(file, stringify({ ...rest, spec: { ...spec, accessControl } }));
  return file;
}
