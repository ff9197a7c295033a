/**
 * The running systems under kill -9: clients send commands through the gateways while processes of every kind are
 * killed at random moments and the runner starts them again. Then everything must come to rest, and the subjects judge.
 */
import { execFile, spawnSync } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Desk, Log, type Subject } from './desk.ts';
import { Findings, type Violation } from './findings.ts';
import { randomFrom, until } from './parts.ts';
import { shownAt } from './shown.ts';
import { look, type Place, type Sight } from './sight.ts';
import { subjects } from './subjects/index.ts';
import { overHttp } from './way.ts';

type Profile = 'light' | 'full';

/** What the runner's control port says. */
interface Status {
  readonly services: readonly {
    appId: string;
    system: string;
    service: string;
    port: number;
    state: string;
    pid: number | null;
    sidecarPid: number | null;
  }[];
  readonly infrastructure: readonly { id: string; state: string; pid: number | null; port: number }[];
}

/** How many clients work on a system. */
const CLIENTS = { alone: 6, together: 3 };

const root = join(import.meta.dirname, '../..');
const home = process.env.MADANG_HOME ?? '';
const offset = Number(process.env.MADANG_PORT_OFFSET);
/** Events that wait are worked off; what does not get better for so long is no waiting. */
const REST_MS = 120_000;

const run = (...words: string[]) => promisify(execFile)(join(root, 'run'), words, { cwd: root, maxBuffer: 1 << 26 });

async function status(): Promise<Status> {
  const answer = await fetch(`http://127.0.0.1:${8001 + offset}/api/status`, { signal: AbortSignal.timeout(10_000) });
  return (await answer.json()) as Status;
}

/** Kills until the number is reached; answers how many of each kind. */
async function killer(kills: number, random: () => number, log: Log): Promise<Record<string, number>> {
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  const killed: Record<string, number> = {};
  for (let done = 0; done < kills; ) {
    const before = log.accepted;
    await sleep(500 + 900 * random());
    // A kill shows most where work is done: a slow machine gets the time to begin with it.
    await until(async () => log.accepted > before, 5_000, 50);
    const { services, infrastructure } = await status();
    const targets = [
      ...services.flatMap(({ pid }) => (pid ? [{ pid, kind: 'app' }] : [])),
      ...services.flatMap(({ sidecarPid }) => (sidecarPid ? [{ pid: sidecarPid, kind: 'sidecar' }] : [])),
      ...infrastructure.flatMap(({ pid, id }) => (pid ? [{ pid, kind: id }] : [])),
    ];
    for (let count = random() < 0.12 ? 2 : 1; count > 0 && done < kills; count--) {
      // A broker or store that is alone must have time to come back, or nothing is done between its deaths.
      const [dice, ofInfrastructure] = [random(), Math.min(0.26, 0.09 * infrastructure.length)];
      const isApp = dice < 0.54 * (1 - ofInfrastructure);
      const kinds = isApp ? ['app'] : dice < 1 - ofInfrastructure ? ['sidecar'] : infrastructure.map(({ id }) => id);
      const target = pick(targets.filter(({ kind }) => kinds.includes(kind)));
      if (!target) continue;
      try {
        process.kill(target.pid, 'SIGKILL');
      } catch {
        continue;
      }
      done++;
      killed[target.kind] = (killed[target.kind] ?? 0) + 1;
      if (done % 100 === 0) console.log(`  ${done} kills, ${log.accepted} commands accepted`);
    }
  }
  return killed;
}

/** A system in the test: who works on it, where it is, and what was seen of it last. */
interface Bench {
  readonly subject: Subject;
  readonly place: Place;
  sight?: Sight;
  found: Violation[];
}

/** Looks and judges anew; what cannot be read is a violation, too. */
async function inspect(bench: Bench): Promise<void> {
  try {
    bench.sight = await look(bench.place);
    const findings = new Findings(bench.sight);
    await bench.subject.judge(findings, shownAt(bench.place));
    bench.found = findings.violations;
  } catch (error) {
    bench.found = [{ about: bench.place.system, what: `cannot be read: ${(error as Error).message}` }];
  }
}

/** Everything that speaks of a violation: documents, events, answers, log lines. */
async function explain({ about, what }: Violation, benches: readonly Bench[], log: Log): Promise<void> {
  console.log(`VIOLATION ${about}: ${what}`);
  const word = about.replace(/^.*\//, '').replace(/ .*$/, '');
  const speaks = (text: string): boolean =>
    [`${word}"`, `${word}/`, `${word} `, `${word},`].some((end) => text.includes(end));
  const lines: string[] = [];
  for (const { sight } of benches) {
    for (const [key, document] of sight?.documents ?? [])
      if (speaks(`${key} `) || speaks(JSON.stringify(document))) lines.push(`${key} ${JSON.stringify(document)}`);
    for (const { id, type, data } of sight?.told ?? [])
      if (speaks(`${id} `) || speaks(JSON.stringify(data))) lines.push(`told ${id} ${type} ${JSON.stringify(data)}`);
  }
  lines.push(...log.refusals.filter(speaks));
  for (const file of await readdir(join(home, 'logs'))) {
    if (!file.endsWith('.log') || file === 'debug.log') continue;
    const text = await readFile(join(home, 'logs', file), 'utf8').catch(() => '');
    lines.push(
      ...text
        .split('\n')
        .filter(speaks)
        .slice(-10)
        .map((line) => `${file}: ${line.slice(0, 300)}`),
    );
  }
  for (const line of lines.slice(0, 40)) console.log(`   ${line}`);
}

export interface Wish {
  readonly kills: number;
  readonly seed: number;
  readonly systems: readonly string[];
  /** They run already, nobody has worked on them, and they shall go on running. */
  readonly attach: boolean;
}

/** Kills, waits for rest, looks. @returns number of violations */
export async function crash(profile: Profile, wish: Wish): Promise<number> {
  const { kills, seed, systems } = wish;
  console.log(`${systems.join(', ')} on ${profile}: ${kills} kills, seed ${seed}`);
  if (wish.attach) return underKills(profile, wish);
  await run('down').catch(() => undefined);
  await rm(home, { recursive: true, force: true });
  await run('up', ...systems, '--profile', profile, '--detach', '--no-console').catch(
    (error: { stdout?: string; stderr?: string }) => {
      throw new Error(`the systems did not start: ${error.stdout}${error.stderr}`);
    },
  );
  const downAtOnce = (): void => void spawnSync(join(root, 'run'), ['down'], { cwd: root });
  process.once('exit', downAtOnce);
  try {
    return await underKills(profile, wish);
  } finally {
    process.off('exit', downAtOnce);
    await run('down').catch((error: Error) => console.log(`./run down failed: ${error.message}`));
  }
}

/** Kills what runs while clients work on it, waits for rest, looks. @returns number of violations */
async function underKills(profile: Profile, { kills, seed, systems }: Wish): Promise<number> {
  const begin = Date.now();
  const [log, { services }] = [new Log(), await status()];
  const benches = systems.map((system): Bench => {
    const port = services.find((one) => one.appId === `${system}-gateway`)?.port;
    const place = { system, profile, home, gateway: `http://127.0.0.1:${port}` };
    return { subject: subjects[system]!(), place, found: [] };
  });
  const stop = work(benches, log, seed);
  const healthy = Date.now();
  const killed = await killer(kills, randomFrom(seed), log);
  const killing = Date.now() - healthy;
  await stop();
  const rest = await untilAtRest(benches);
  if (foundOn(benches).length === 0) {
    // Nothing may move any more.
    await sleep(5_000);
    for (const bench of benches) await inspect(bench);
  }
  const violations = [...foundOn(benches), ...log.oddities];
  for (const violation of violations.slice(0, 20)) await explain(violation, benches, log);
  if (violations.length > 20) console.log(`... and ${violations.length - 20} more violations`);
  console.log(
    [
      `crash test on ${profile}, seed ${seed}: ${violations.length} violations`,
      `  kills      ${Object.entries(killed)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(', ')} (one every ${Math.round(killing / kills)} ms)`,
      `  commands   accepted ${log.accepted}, refused ${log.refused}, answers with unknown outcome ${log.unknown}, requests ${log.tries}`,
      `  checked    ${benches.map(seenOn).join('; ')}`,
      `  at rest    ${Math.round(rest / 1000)} s after the last command; whole test ${Math.round((Date.now() - begin) / 1000)} s`,
    ].join('\n'),
  );
  return violations.length;
}

/** Clients of all systems begin to work. @returns what makes them stop, and waits until they have */
function work(benches: readonly Bench[], log: Log, seed: number): () => Promise<unknown> {
  let working = true;
  const count = benches.length > 1 ? CLIENTS.together : CLIENTS.alone;
  const clients = benches.flatMap(({ subject, place }, system) =>
    Array.from({ length: count }, async (_, n) => {
      const number = system * count + n;
      const pause = randomFrom(number);
      const act = subject.client(new Desk(overHttp(place.gateway), log, number, seed));
      while (working) {
        await act();
        await sleep(20 + 60 * pause());
      }
    }),
  );
  return () => {
    working = false;
    return Promise.all(clients);
  };
}

const foundOn = (benches: readonly Bench[]): Violation[] => benches.flatMap(({ found }) => found);

/** Looks until nothing is wrong any more, or nothing has got better for long. @returns milliseconds */
async function untilAtRest(benches: readonly Bench[]): Promise<number> {
  const looking = Date.now();
  let [told, better, fewest] = [looking, looking, Number.POSITIVE_INFINITY];
  await until(
    async () => {
      for (const bench of benches) await inspect(bench);
      const found = foundOn(benches);
      if (found.length < fewest) better = Date.now();
      fewest = Math.min(fewest, found.length);
      if (Date.now() - told > 20_000) {
        told = Date.now();
        console.log(`  not at rest: ${found.length} differences, for example ${JSON.stringify(found[0])}`);
      }
      return found.length === 0 || Date.now() - better > REST_MS;
    },
    10 * REST_MS,
    2_000,
  );
  return Date.now() - looking;
}

/** How much was judged. */
function seenOn({ place, sight }: Bench): string {
  const records = [...(sight?.documents.values() ?? [])].filter(({ version }) => typeof version === 'number');
  const events = new Set(sight?.told.map(({ id }) => id));
  return `${place.system} ${records.length} documents, ${events.size} events (${sight?.told.length} deliveries to the topic)`;
}
