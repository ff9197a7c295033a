import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systems } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { checkName, portsTaken } from './checks.ts';
import { render } from './render.ts';
import { capital, derive, entryOf, format, plural } from './tree.ts';

/** Of whose files a new system gets copies: its components are on both profiles what those of a new one shall be. */
const MODEL = 'lecture';
const COPIED = [
  ...['light', 'full'].flatMap((profile) =>
    ['configuration', 'pubsub', 'state'].map((kind) => ['components', profile, kind] as const),
  ),
] as const;
/** Databases that a Redis has when nobody says otherwise. */
const DATABASES = 16;
/** The ports of a system: 20 from a number that ends with 80; the gateway has the one that ends with 88. */
const PORTS = { first: 81, gateway: 88 };

const configurationOf = (system: string): string => `components/light/${system}-configuration.yaml`;

/** A Redis database for the configuration that no system has. */
async function freeDatabase(all: readonly string[]): Promise<number> {
  const texts = await Promise.all(all.map((system) => readFile(join(root, configurationOf(system)), 'utf8')));
  const taken = texts.map((text) => Number(/redisDB, value: "(\d+)"/.exec(text)?.[1]));
  for (let database = 1; database < DATABASES; database++) if (!taken.includes(database)) return database;
  throw new Error(`All ${DATABASES - 1} Redis databases for configuration are taken.`);
}

/** Writes the components of a new system: those of the model under its name. */
async function copyComponents(system: string, database: number): Promise<void> {
  for (const [folder, of, kind] of COPIED) {
    const text = await readFile(join(root, folder, of, `${MODEL}-${kind}.yaml`), 'utf8');
    const own = text.replaceAll(MODEL, system).replace(/redisDB, value: "\d+"/, `redisDB, value: "${database}"`);
    await writeFile(join(root, folder, of, `${system}-${kind}.yaml`), own, { flag: 'wx' });
  }
}

/**
 * Makes a system: a gateway with a page, and one service, on whose event others can act.
 * @param name of the service
 * @returns the files that were made of templates, and the port of the gateway
 */
export async function newSystem(system: string, name: string): Promise<{ files: string[]; port: number }> {
  checkName(system, 'system');
  checkName(name, 'service');
  const all = await systems();
  if (all.includes(system)) throw new Error(`There is a system "${system}" already; choose another name.`);
  const highest = Math.max(...[...(await portsTaken()).keys()].filter((port) => port < 10_000));
  const base = (Math.floor(highest / 100) + 1) * 100;
  const port = base + PORTS.gateway;
  const database = await freeDatabase(all);
  const Name = capital(name);
  const names = { name, Name, names: plural(name), appId: `${system}-${name}` };
  const files = await render('system', '.', { system, System: capital(system), gatewayPort: String(port), ...names });
  await copyComponents(system, database);
  const [head = ''] = (await readFile(join(root, 'dapr', `${MODEL}.yaml`), 'utf8')).split(/^apps:\n/m);
  const entry = (appId: string, at: number): string => entryOf(appId, `[node, .madang/dist/${appId}.js]`, at);
  const apps = entry(names.appId, base + PORTS.first) + entry(`${system}-gateway`, port);
  await writeFile(join(root, 'dapr', `${system}.yaml`), `${head.replaceAll(MODEL, system)}apps:\n${apps}`, {
    flag: 'wx',
  });
  format(files);
  derive();
  return { files, port };
}
