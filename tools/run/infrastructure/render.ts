import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { home, root } from '../paths.ts';
import type { Addresses, Profile } from '../process.ts';

export interface Rendered {
  /** Folders for daprd's --resources-path. */
  resourcesPaths: string[];
  /** File for daprd's --config. */
  configFile: string;
}

/**
 * The files of the repository carry the addresses of a stock installation and paths relative to the repository, so that
 * `dapr run -f` takes them as they are. The runner's sidecars get copies with what is really there.
 */
function adapt(text: string, addresses: Addresses): string {
  const { redis, mysql, kafka } = addresses;
  let adapted = text.replaceAll('localhost:6379', `${redis.host}:${redis.port}`).replaceAll('".madang/', `"${home}/`);
  if (kafka) adapted = adapted.replaceAll('localhost:9092', kafka.join(','));
  if (mysql) {
    const server = `${mysql.user}:${mysql.password}@tcp(${mysql.host}:${mysql.port})/`;
    adapted = adapted.replace(/[^\s"]+@tcp\(localhost:3306\)\//g, () => server);
  }
  return adapted;
}

interface Resource {
  scopes?: string[];
}

async function renderFolder(from: string, to: string, systems: string[], addresses: Addresses): Promise<string> {
  const source = join(root, from);
  const target = join(home, to);
  await mkdir(target, { recursive: true });
  const names = (await readdir(source)).filter((name) => name.endsWith('.yaml'));
  // A component taken out of the repository must not live on in the copy.
  for (const old of await readdir(target)) if (!names.includes(old)) await rm(join(target, old));
  for (const name of names) {
    const text = await readFile(join(source, name), 'utf8');
    const { scopes = [] } = parse(text) as Resource;
    const wanted = !scopes.length || scopes.some((app) => systems.includes(app.split('-')[0] ?? ''));
    if (wanted) await writeFile(join(target, name), adapt(text, addresses));
  }
  return target;
}

export async function renderComponents(profile: Profile, systems: string[], addresses: Addresses): Promise<Rendered> {
  const resourcesPaths = [
    await renderFolder(`components/${profile}`, `components/${profile}`, systems, addresses),
    await renderFolder('dapr/resiliency', 'resiliency', systems, addresses),
  ];
  const configFile = join(home, 'configuration.yaml');
  const configuration = adapt(await readFile(join(root, 'dapr/configuration.yaml'), 'utf8'), addresses);
  const measured = process.env.MADANG_SIDECAR_METRICS === 'on';
  await writeFile(
    configFile,
    measured ? configuration.replace(/(metrics:\n\s+enabled:) false/, '$1 true') : configuration,
  );
  return { resourcesPaths, configFile };
}
