import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PORTS } from './client.ts';
import { eventually, home, root } from './system.ts';

const OFFSET = Number(process.env.MADANG_PORT_OFFSET ?? 0) + 1_600;
const own = join(home, 'names');
const env = { ...process.env, MADANG_HOME: own, MADANG_PORT_OFFSET: String(OFFSET) };
const run = (...words: string[]) => promisify(execFile)(join(root, 'run'), words, { cwd: root, env });

/** Holds the file of names as another writer does. */
const HOLD = `
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode=WAL")
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
`;
/** Longer than the component waits where nothing is said (0.8 s). */
const HELD_MS = 1_500;

let holder: ChildProcessWithoutNullStreams;
beforeAll(async () => {
  await rm(own, { recursive: true, force: true });
  await mkdir(own, { recursive: true });
  holder = spawn('python3', ['-c', HOLD, join(own, 'names.db')]);
  await once(holder.stdout, 'data');
});
afterAll(async () => {
  holder.kill();
  await run('down');
}, 60_000);

/** How many sidecars have come to the file. */
async function waiting(): Promise<number> {
  const names = (await readdir(join(own, 'logs'))).filter((name) => name.endsWith('.daprd.log'));
  const texts = await Promise.all(names.map((name) => readFile(join(own, 'logs', name), 'utf8')));
  return texts.filter((text) => text.includes('Configuring SQLite name resolution')).length;
}

test('given others hold the file of names while sidecars start, when they let go, then each is reached by its name', async () => {
  const up = run('up', 'rental', '--detach', '--no-console');
  await eventually(async () => expect(await waiting()).toBe(5));
  await sleep(HELD_MS);
  holder.stdin.end();
  await up;
  const gateway = `http://localhost:${PORTS.rental + OFFSET}`;
  // Each of these goes through the sidecar of another service, and ordering through those of two.
  for (const path of ['products', 'rentals', 'deliveries', 'myOrders'])
    expect([path, (await fetch(`${gateway}/${path}`)).status]).toEqual([path, 200]);
}, 120_000);
