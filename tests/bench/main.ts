/** Measures one profile: `main.ts light|full <seconds> [--cpu]`, started by tests/bench/cli.ts with home and ports of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import * as client from '../../tools/run/cli/client.ts';
import { down } from '../../tools/run/cli/up.ts';
import { home, root } from '../../tools/run/paths.ts';
import type { Profile } from '../../tools/run/process.ts';
import { daprd } from '../../tools/run/provision/daprd.ts';
import { kafka } from '../../tools/run/provision/kafka.ts';
import type { ServiceStatus, Status } from '../../tools/run/supervisor/status.ts';
import { ownOutbox, startBare, stopBeside } from './beside.ts';
import { cpuTable, cpuTimes } from './cpu.ts';
import { CONNECTIONS, enrol, type Load, load, median, percentile } from './load.ts';
import { type Stores, stores as storesOf, type Told } from './stores.ts';
import { type Row, resultTable, table } from './table.ts';

const [, , profile, seconds, withCpu] = process.argv as [string, string, Profile, string, string | undefined];
const SECONDS = Number(seconds);
const UNLOADED = 200;
const ROUNDS = 3;
const WARM_SECONDS = 45;
const ROWS = 100_000;
/** What an implementation like the original reached on two cores: its best rate, and its usual times. */
const SOURCE = { perSecond: 125, p50: 250, p99: 400, memory: 480 };

const rows: Row[] = [];
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const ms = (value: number): string => `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
const both = (values: readonly number[]): string => `${ms(median(values))} / ${ms(percentile(values, 0.99))}`;
const port = ({ services }: Status, appId: string): number =>
  services.find((service) => service.appId === appId)?.port ?? 0;

let starting: ReturnType<typeof spawn> | undefined;

async function coldStart(): Promise<void> {
  await down();
  rmSync(home, { recursive: true, force: true });
  const started = performance.now();
  // A process group of its own: Ctrl+C is passed on by `finish`, once.
  starting = spawn(join(root, 'run'), ['up', 'lecture', '--profile', profile, '--detach', '--no-console'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(starting, 'exit')) as [number | null];
  starting = undefined;
  if (code !== 0) throw new Error('The system did not start.');
  const took = (performance.now() - started) / 1000;
  rows.push({ measure: 'cold start, fresh home', figure: `${took.toFixed(1)} s`, goal: '10 s', met: took <= 10 });
}

async function memory(when: string): Promise<void> {
  const { services } = await client.running();
  const of = ({ memoryMiB }: ServiceStatus): number => memoryMiB ?? Number.NaN;
  const all = services.map(of);
  const parts = services.map(
    (one) => `${one.service} ${Math.round(one.app.memoryMiB ?? 0)}+${Math.round(one.sidecar.memoryMiB ?? 0)}`,
  );
  say(`memory ${when}, app+sidecar in MiB: ${parts.join(', ')}`);
  rows.push({
    measure: `memory of a service with sidecar, ${when}: median / greatest`,
    figure: `${Math.round(median(all))} / ${Math.round(Math.max(...all))} MiB`,
    against: `source: ${SOURCE.memory} MB`,
    ratio: median(all) / SOURCE.memory,
    goal: '130 MiB',
    met: Math.max(...all) <= 130,
  });
}

/** How long after the time an event gives (taken just before its commit) another of the same enrolment was on the topic. */
function ages(told: readonly Told[], effect: string): { ages: number[]; missing: number } {
  const effects = new Map(told.flatMap(({ at, event }) => (event.type === effect ? [[event.data.classId, at]] : [])));
  const causes = told.filter(({ event }) => event.type === 'PaymentApproved');
  const found = causes.flatMap(({ event }) => {
    const at = effects.get(event.data.classId);
    return at === undefined ? [] : [at - Date.parse(event.time)];
  });
  return { ages: found, missing: causes.length - found.length };
}

/** Reads the topic until every payment has had its effects, for at most a while. */
async function settled(stores: Stores): Promise<Told[]> {
  const told: Told[] = [];
  const end = Date.now() + 20_000;
  do {
    await sleep(300);
    told.push(...(await stores.told()));
  } while (EFFECTS.some((effect) => ages(told, effect).missing > 0) && Date.now() < end);
  return told;
}
const EFFECTS = ['TextbookDeliveried', 'PointRegistered'];

async function unloaded(stores: Stores, status: Status): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${port(status, 'lecture-gateway')}`);
  await stores.told();
  const answers: number[] = [];
  for (let n = 0; n < UNLOADED; n++) {
    const started = performance.now();
    await enrol(pool);
    answers.push(performance.now() - started);
    await sleep(Math.max(0, 50 - (performance.now() - started)));
  }
  await pool.close();
  const { ages: found, missing } = ages(await settled(stores), 'TextbookDeliveried');
  const outbox = await ownOutbox(profile, stores);
  rows.push({
    measure: 'commit -> effect in the consumer, unloaded: p50 / p99',
    figure: both(found) + (missing ? `, ${missing} missing` : ''),
    against: `Dapr's own outbox: ${ms(outbox.latencyMs)}`,
    ratio: median(found) / outbox.latencyMs,
    goal: '10 / 30 ms',
    met: missing === 0 && median(found) <= 10 && percentile(found, 0.99) <= 30,
  });
  rows.push({
    measure: `Dapr's own outbox: events per second${profile === 'full' ? ' and partition' : ''}`,
    figure: outbox.perSecond.toFixed(1),
  });
  rows.push({ measure: 'one enrolment through the gateway, unloaded: p50 / p99', figure: both(answers) });
}

const failures = ({ failed, why }: Load): string => (failed ? `, ${failed} failed (${why.slice(0, 100)})` : '');

async function wholeSystem(stores: Stores, status: Status): Promise<void> {
  await stores.told();
  let newest = 0;
  let loading = true;
  const rowAges: number[] = [];
  const watching = (async () => {
    while (loading) {
      await sleep(100);
      const id = newest;
      const since = performance.now();
      if (!id) continue;
      while (!(await stores.has(`lecture-class||InquiryMypage-of-${id}`)) && performance.now() - since < 30_000)
        await sleep(5);
      rowAges.push(performance.now() - since);
    }
  })();
  const before = cpuTimes(status);
  const result = await load(port(status, 'lecture-gateway'), SECONDS, (id) => {
    newest = id;
  });
  const atEnd = cpuTimes(status);
  loading = false;
  await watching;
  const told = await settled(stores);
  // What follows an enrolment counts too, but not that the topic was read here.
  const after = new Map([...cpuTimes(status), ['load generator', atEnd.get('load generator') ?? 0]]);
  rows.push({
    measure: `whole system through the gateway, ${CONNECTIONS} connections: enrolments per second`,
    figure: result.perSecond.toFixed(0) + failures(result),
    against: `source: ${SOURCE.perSecond} at best`,
    ratio: result.perSecond / SOURCE.perSecond,
    goal: `${SOURCE.perSecond * 3}`,
    met: result.perSecond >= SOURCE.perSecond * 3,
  });
  rows.push({
    measure: 'the same: p50 / p99',
    figure: `${ms(result.p50)} / ${ms(result.p99)}`,
    against: `source: ${SOURCE.p50} / ${SOURCE.p99} ms`,
    ratio: result.p50 / SOURCE.p50,
  });
  const behind = (what: string, found: readonly number[], missing: number): void => {
    const worst = Math.max(...found);
    rows.push({
      measure: `${what} under it: p50 / p99 / longest`,
      figure: `${both(found)} / ${ms(worst)}${missing ? `, ${missing} missing after 20 s` : ''}`,
      goal: '1 s',
      met: missing === 0 && found.length > 0 && worst <= 1000,
    });
  };
  for (const effect of EFFECTS) {
    const { ages: found, missing } = ages(told, effect);
    behind(`payment -> ${effect}`, found, missing);
  }
  behind("answer -> row in my page's view", rowAges, 0);
  if (withCpu) {
    const used = cpuTable(before, after, result.done);
    process.stdout.write(`${table(['CPU', 'ms per enrolment', 'share'], used)}\n\n`);
  }
}

/** A page of ten courses out of ten and out of very many; the records are put into the store, not made one by one. */
async function pages(stores: Stores, status: Status): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${port(status, 'lecture-course')}`);
  const page = async (count: number): Promise<number> => {
    const course = (id: number) => ({ id, teacher: 'kim', name: `Korean ${id}`, fee: 10_000, textBook: 'kor_book' });
    await stores.seed([
      ...Array.from({ length: count }, (_, i) => i + 1).map(
        (id) =>
          [`lecture-course||Course-${id}`, { id, state: course(id), version: 1, causes: [`seed-${id}`] }] as const,
      ),
      ['lecture-course||ids-Course', { next: count + 1 }] as const,
    ]);
    const times: number[] = [];
    for (let n = 0; n < 250; n++) {
      const started = performance.now();
      const number = Math.floor(Math.random() * (count / 10));
      const { body } = await pool.request({ method: 'GET', path: `/courses?page=${number}&size=10` });
      const text = await body.text();
      if (!text.includes(`Korean ${number * 10 + 1}"`))
        throw new Error(`Page ${number} is wrong: ${text.slice(0, 200)}`);
      if (n >= 50) times.push(performance.now() - started);
    }
    return median(times);
  };
  const few = await page(10);
  const many = await page(ROWS);
  await pool.close();
  rows.push({
    measure: `a page of ${ROWS.toLocaleString('en')} rows: median`,
    figure: ms(many),
    against: `a page of 10 rows: ${ms(few)}`,
    ratio: many / few,
    goal: '1.3',
    met: many / few <= 1.3,
  });
}

/** The kit against the sidecar calls it cannot do without, in turns, so that both meet the same machine. */
async function againstBare(stores: Stores, status: Status): Promise<void> {
  for (const { appId } of status.services)
    if (!['lecture-class', 'lecture-pay'].includes(appId)) await client.act(appId, 'stop', 'both');
  const kit = port(status, 'lecture-class');
  const bare = await startBare(profile, stores);
  const turn = async (at: number, view: string, length = SECONDS): Promise<Load> => {
    let newest = 0;
    const result = await load(at, length, (id) => {
      newest = id;
    });
    // What is left of one must not burden the other.
    for (let tries = 0; tries < 200 && !(await stores.has(`${view}-of-${newest}`)); tries++) await sleep(50);
    return result;
  };
  const ofKit = (length?: number): Promise<Load> => turn(kit, 'lecture-class||InquiryMypage', length);
  const ofBare = (length?: number): Promise<Load> => turn(bare, 'bench-class||View', length);
  await ofKit(WARM_SECONDS / 3);
  await ofBare(WARM_SECONDS / 3);
  const results: { kit: Load; bare: Load }[] = [];
  for (let round = 0; round < ROUNDS; round++) results.push({ kit: await ofKit(), bare: await ofBare() });
  await stopBeside();
  const of = (who: 'kit' | 'bare', what: 'perSecond' | 'p50' | 'p99'): number =>
    median(results.map((one) => one[who][what]));
  const ratio = of('kit', 'perSecond') / of('bare', 'perSecond');
  const failed = [...new Set(results.flatMap((one) => [failures(one.kit), failures(one.bare)]))].join('');
  rows.push({
    measure: `class and pay alone, ${CONNECTIONS} connections: enrolments per second`,
    figure: of('kit', 'perSecond').toFixed(0) + failed,
    against: `the same sidecar calls bare: ${of('bare', 'perSecond').toFixed(0)}`,
    ratio,
    goal: '0.85',
    met: ratio >= 0.85,
  });
  rows.push({
    measure: 'the same: p50 / p99',
    figure: `${ms(of('kit', 'p50'))} / ${ms(of('kit', 'p99'))}`,
    against: `bare: ${ms(of('bare', 'p50'))} / ${ms(of('bare', 'p99'))}`,
    ratio: of('kit', 'p50') / of('bare', 'p50'),
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
  const silent = (): void => undefined;
  const broker = profile === 'full' ? await kafka(silent) : undefined;
  const store = profile === 'full' ? `MySQL/MariaDB ${await stores.version()}` : `Redis ${await stores.version()}`;
  return [
    `${profile} profile`,
    new Date().toISOString().slice(0, 16).replace('T', ' '),
    `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, load before ${loadBefore.toFixed(1)}`,
    `Node ${process.versions.node}, daprd ${(await daprd(silent)).version}, ${store}${broker ? `, Kafka ${broker.version}` : ''}`,
  ].join('; ');
}

async function measure(): Promise<void> {
  const before = loadavg()[0] ?? 0;
  await coldStart();
  const status = await client.running();
  const stores = await storesOf(profile);
  const head = await machine(stores, before);
  // V8 compiles what has run often: a fresh process is several times slower.
  say(`warming up for ${WARM_SECONDS} s`);
  await load(port(status, 'lecture-gateway'), WARM_SECONDS);
  await settled(stores);
  await sleep(2_000);
  await memory('idle');
  const parts = { 'unloaded latency': unloaded, 'whole system': wholeSystem, pages, 'kit against bare': againstBare };
  for (const [name, part] of Object.entries(parts)) {
    say(`measuring: ${name}`);
    await part(stores, status);
    if (part === wholeSystem) await memory('after load');
  }
  await stores.close();
  process.stdout.write(`${head}\n\n${resultTable(rows)}\n\n`);
  for (const line of troubles()) say(line);
}

let finishing: Promise<void> | undefined;
/** Stops everything; only the logs stay. */
function finish(code: number): Promise<void> {
  finishing ??= (async () => {
    if (starting?.pid) {
      starting.kill('SIGTERM');
      await once(starting, 'exit');
    }
    await stopBeside();
    await down();
    // What was being started meanwhile.
    await stopBeside();
    for (const name of existsSync(home) ? readdirSync(home) : [])
      if (name !== 'logs') rmSync(join(home, name), { recursive: true, force: true });
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
