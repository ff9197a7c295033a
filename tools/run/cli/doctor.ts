import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ownerOf } from '../infrastructure/system.ts';
import { cache, home, isListening, portOffset } from '../paths.ts';
import { containerEngine } from '../provision/container.ts';
import { daprd } from '../provision/daprd.ts';
import { kafka } from '../provision/kafka.ts';
import { mysql } from '../provision/mysql.ts';
import { servicesNode } from '../provision/node.ts';
import { python } from '../provision/python.ts';
import { redis } from '../provision/redis.ts';
import { type Found, Unavailable } from '../provision/ways.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);
const progress = (line: string) => print(`  ... ${line}`);

const programs: [name: string, find: () => Promise<Found>, variable?: string][] = [
  ['daprd', () => daprd(progress)],
  ['Redis', () => redis(progress), 'MADANG_REDIS'],
  ['MySQL', () => mysql(progress), 'MADANG_MYSQL'],
  ['Kafka', () => kafka(progress), 'MADANG_KAFKA'],
  ['Node of services', async () => ({ ...(await servicesNode(progress)), name: 'Node of services' })],
  ['Python', () => python()],
];

const ports: [port: number, what: string][] = [
  [8000, 'console'],
  [8001, 'runner'],
  [8088, 'gateway of lecture'],
  [16379, 'Redis'],
  [13306, 'MySQL'],
  [19092, 'Kafka'],
  [19093, 'Kafka controller'],
];

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => stat(join(entry.parentPath, entry.name)).catch(() => undefined)),
  );
  return sizes.reduce((sum, file) => sum + (file?.size ?? 0), 0);
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`;

const row = (...cells: [string, string, string]) => print(`  ${cells[0].padEnd(20)}${cells[1].padEnd(14)}${cells[2]}`);

/** Shows what is there, and gets what is not: after it, a start has nothing left to download. */
export async function doctor(): Promise<void> {
  print('Programs');
  row('Node of tools', process.versions.node, process.execPath);
  let missing = 0;
  for (const [name, find, variable] of programs) {
    const address = variable && process.env[variable];
    if (address) {
      row(name, '-', `running at ${address.split('@').at(-1)} (${variable})`);
      continue;
    }
    try {
      const found = await find();
      row(found.name, found.version, found.way);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      missing += 1;
      row(name, 'missing', error.message);
    }
  }
  const engine = await containerEngine();
  row('Containers', engine ? 'yes' : 'no', engine ?? 'no engine answers, and none is needed');

  print('Ports');
  for (const [port, what] of ports) {
    const at = port + portOffset;
    const used = await isListening(at);
    row(what, String(at), used ? `used by ${ownerOf(at)}` : 'free');
  }

  print('Folders');
  row('cache', megabytes(await sizeOf(cache)), cache);
  row('state', megabytes(await sizeOf(home)), home);
  if (missing) process.exitCode = 1;
}
