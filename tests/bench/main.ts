/** Measures one profile: `main.ts <options as JSON>`, started by tests/bench/cli.ts with home and ports of its own. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { home } from '../../tools/run/paths.ts';
import { daprd } from '../../tools/run/provision/daprd.ts';
import { kafka } from '../../tools/run/provision/kafka.ts';
import { servicesNode } from '../../tools/run/provision/node.ts';
import type { ServiceStatus } from '../../tools/run/supervisor/status.ts';
import { bare } from './against-bare.ts';
import { type Bench, say, settled } from './bench.ts';
import { Build } from './build.ts';
import { costs } from './costs.ts';
import { backlog, cancelled, replicas } from './growth.ts';
import { guarded } from './guarded.ts';
import { latency, outbox } from './latency.ts';
import { load, median } from './load.ts';
import type { Options, Part } from './options.ts';
import { pages } from './pages.ts';
import { writeProfiles } from './profile.ts';
import { type Stores, stores as storesOf } from './stores.ts';
import { SOURCE, system } from './system.ts';
import { resultTable } from './table.ts';
import { stopYardsticks } from './yardsticks.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as Options;
const build = new Build(options.root);
const measures: Readonly<Record<Part, (bench: Bench) => Promise<void>>> = {
  latency,
  outbox,
  system,
  pages,
  bare,
  replicas,
  backlog,
  cancelled,
  guarded,
};

/** The runner may answer a memory that is as old as this. */
const MEMORY_AGE_MS = 10_500;

async function memory({ rows }: Bench, when: string): Promise<void> {
  await sleep(MEMORY_AGE_MS);
  const services = await build.services();
  const of = ({ memoryMiB }: ServiceStatus): number => memoryMiB ?? Number.NaN;
  const all = services.map(of);
  const greatest = Math.max(...all);
  const parts = services.map(
    (one) => `${one.service} ${Math.round(one.app.memoryMiB ?? 0)}+${Math.round(one.sidecar.memoryMiB ?? 0)}`,
  );
  say(`memory ${when}, app+sidecar in MiB: ${parts.join(', ')}`);
  rows.push({
    measure: `memory of a service with sidecar, ${when}: median / greatest`,
    figure: `${Math.round(median(all))} / ${Math.round(greatest)} MiB`,
    against: `source: ${SOURCE.memory} MB`,
    ratio: median(all) / SOURCE.memory,
    goal: '130 / 170 MiB',
    met: median(all) <= 130 && greatest <= 170,
    values: { median: median(all), greatest },
  });
}

/** What went wrong on the way stands in the logs: how many lines, and an example. */
function troubles(): string[] {
  const folder = join(home, 'logs');
  return readdirSync(folder).flatMap((name) => {
    const lines = readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => /"level":"(warn|error)"|level=(error|fatal)/.test(line));
    return lines.length ? [`${name}: ${lines.length} warnings or errors, the first: ${lines[0]!.slice(0, 300)}`] : [];
  });
}

async function machine(stores: Stores, loadBefore: number): Promise<string> {
  const { profile } = options;
  const silent = (): void => undefined;
  const broker = profile === 'full' ? await kafka(silent) : undefined;
  const store = profile === 'full' ? `MySQL/MariaDB ${await stores.version()}` : `Redis ${await stores.version()}`;
  return [
    `${profile} profile`,
    new Date().toISOString().slice(0, 16).replace('T', ' '),
    `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, load before ${loadBefore.toFixed(1)}`,
    `Node ${(await servicesNode(silent)).version}, daprd ${(await daprd(silent)).version}, ${store}${broker ? `, Kafka ${broker.version}` : ''}`,
  ].join('; ');
}

async function measure(): Promise<void> {
  const loadBefore = loadavg()[0] ?? 0;
  const took = await build.fresh(options.profile, {
    ...(options.profiles ? { MADANG_PROFILES: options.profiles } : {}),
    ...(options.calls ? { MADANG_SIDECAR_METRICS: 'on' } : {}),
  });
  const stores = await storesOf(options.profile);
  const bench: Bench = { options, build, stores, rows: [] };
  const { rows } = bench;
  rows.push({
    measure: 'cold start, fresh home',
    figure: `${took.toFixed(1)} s`,
    goal: '10 s',
    met: took <= 10,
    values: { seconds: took },
  });
  const head = await machine(stores, loadBefore);
  // V8 compiles what has run often: a fresh process is several times slower.
  say(`warming up for ${options.warm} s`);
  await load(await build.port('lecture-gateway'), options.warm);
  await settled(stores);
  await memory(bench, 'idle');
  for (const part of options.parts) {
    say(`measuring: ${part}`);
    await measures[part](bench);
    if (part === 'system') await memory(bench, 'after load');
  }
  costs(bench);
  await stores.close();
  if (options.file) writeFileSync(options.file, JSON.stringify(rows));
  else process.stdout.write(`${head}\n\n${resultTable(rows)}\n\n`);
  for (const line of troubles()) say(line);
}

let finishing: Promise<void> | undefined;
/** Stops everything; only the logs stay. */
function finish(code: number): Promise<void> {
  finishing ??= (async () => {
    await stopYardsticks();
    await build.end();
    // What was being started meanwhile.
    await stopYardsticks();
    for (const name of existsSync(home) ? readdirSync(home) : [])
      if (name !== 'logs') rmSync(join(home, name), { recursive: true, force: true });
    // The apps have written theirs when they ended.
    if (options.profiles && code === 0) await writeProfiles(options.profiles);
    process.exit(code);
  })();
  return finishing;
}
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => void finish(130));

measure().then(
  () => finish(0),
  (error: unknown) => {
    if (!finishing) say(error instanceof Error ? error.message : String(error));
    return finish(1);
  },
);
