/** `npm run demo:breaker <system>`: the contract's circuit breaker under load, in figures beside those of the original. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Pool } from 'undici';
import { percentile } from '../bench/load.ts';
import { collection, type Row } from '../harness/collection.ts';
import { type Ask, type Demonstration, demonstrations, type Read } from './demonstrations.ts';

const root = resolve(import.meta.dirname, '../..');
const base = resolve(process.env.MADANG_HOME ?? join(root, '.madang'));
// Beside a running system: own state, own ports.
const offset = Number(process.env.MADANG_PORT_OFFSET ?? 0) + 3500;
// Sidecars tell the state of their breakers among their figures.
const env = {
  ...process.env,
  MADANG_HOME: join(base, 'breaker'),
  MADANG_PORT_OFFSET: String(offset),
  MADANG_SIDECAR_METRICS: 'on',
};
const run = (...words: string[]) =>
  promisify(execFile)(join(root, 'run'), words, { cwd: root, env, maxBuffer: 1 << 26 });

interface Sent {
  readonly phase: number;
  readonly name: string;
  readonly status: number;
  /** 503, and the command may have been carried out: to be repeated with the same Idempotency-Key. */
  readonly unknown: boolean;
  readonly ms: number;
}

/** Waits for what a sidecar says of its breaker towards an app; calls back on every change. */
async function watchBreaker(
  port: number,
  towards: string,
  changed: (state: string) => void,
  working: () => boolean,
): Promise<void> {
  let before = 'closed';
  while (working()) {
    const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
      (answer) => answer.text(),
      () => '',
    );
    const line = text
      .split('\n')
      .find(
        (one) =>
          one.startsWith('dapr_resiliency_cb_state{') && one.includes(`target="app_${towards}"`) && one.endsWith(' 1'),
      );
    const state = /status="([^"]+)"/.exec(line ?? '')?.[1] ?? before;
    if (state !== before) changed(state);
    before = state;
    await sleep(100);
  }
}

const configure = (system: string, values: Row): Promise<unknown> =>
  run('config', system, ...Object.entries(values).map(([key, value]) => `${key}=${value}`));

const both = (values: readonly number[]): string =>
  values.length === 0 ? '-' : `${percentile(values, 0.5).toFixed(0)} / ${percentile(values, 0.99).toFixed(0)} ms`;

/** Asks the gateway over the connections of a pool. */
const askOver =
  (pool: Pool): Ask =>
  async (method, path, body) => {
    const began = performance.now();
    const answer = await pool.request({
      method: method as 'GET',
      path,
      headers: body ? { 'content-type': 'application/json' } : {},
      body: body ? JSON.stringify(body) : null,
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: text ? (JSON.parse(text) as Row) : {}, ms: performance.now() - began };
  };

/** What was seen of all phases. */
interface Played {
  readonly sent: readonly Sent[];
  /** When each phase began. */
  readonly begun: readonly string[];
  /** What the breaker changed to, and when. */
  readonly transitions: readonly string[];
}

/** Plays the phases with a crowd of users. @param metrics the port where the sidecar with the breaker shows its figures */
async function play(
  system: string,
  { users, phases, breaker, request }: Demonstration,
  ask: Ask,
  metrics: number,
): Promise<Played> {
  const sent: Sent[] = [];
  const began = performance.now();
  const since = (): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  const transitions: string[] = [];
  const begun: string[] = [];
  let phase = 0;
  let working = true;
  let names = 0;
  const watching = watchBreaker(
    metrics,
    breaker.towards,
    (state) => transitions.push(`${state} at ${since()}`),
    () => working,
  );
  const user = async (_: unknown, number: number): Promise<void> => {
    while (working) {
      if (number >= (phases[phase]?.users ?? users)) {
        await sleep(50);
        continue;
      }
      const [at, name] = [phase, `demo-${process.pid}-${names++}`];
      const { status, body, ms } = await request(ask, name, at);
      sent.push({ phase: at, name, status, unknown: body.outcome === 'unknown', ms });
    }
  };
  await configure(system, phases[0]!.configuration);
  const crowd = Array.from({ length: users }, user);
  for (const [index, { seconds, configuration }] of phases.entries()) {
    if (index > 0) await configure(system, configuration);
    phase = index;
    begun.push(since());
    await sleep(seconds * 1000);
  }
  working = false;
  await Promise.all([...crowd, watching]);
  await configure(system, phases[0]!.configuration);
  return { sent, begun, transitions };
}

const isAccepted = ({ status }: Sent): boolean => status < 300;

function printLine(name: string, of: readonly Sent[]): void {
  const accepted = of.filter(isAccepted);
  const refused = of.filter((one) => !isAccepted(one));
  const share = ((accepted.length / of.length) * 100).toFixed(2);
  console.log(
    `| ${name} | ${of.length} | ${share} % | ${both(accepted.map(({ ms }) => ms))} | ${both(refused.map(({ ms }) => ms))} |`,
  );
}

/** The table of all phases, and what the breaker did. */
function print({ source, phases, breaker }: Demonstration, { sent, begun, transitions }: Played): void {
  console.log(
    '| phase | requests | accepted | accepted p50 / p99 | refused p50 / p99 |\n| --- | --: | --: | --: | --: |',
  );
  for (const [index, { name }] of phases.entries())
    printLine(
      `${name}, from ${begun[index]}`,
      sent.filter((one) => one.phase === index),
    );
  if (phases.length > 1) printLine('all', sent);
  console.log(
    `\nsource: ${source}\nbreaker of ${breaker.of} towards ${breaker.towards}: ${transitions.join(', ') || 'stayed closed'}`,
  );
}

/** What was begun for refused requests is undone by and by; at the end none of it may be left. Answers what is. */
async function stillLeft(
  { leftBehind }: Demonstration,
  refused: ReadonlySet<string>,
  read: Read,
): Promise<readonly string[]> {
  let left: string[] = [];
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(500)) {
    left = await leftBehind(refused, read);
    if (left.length === 0) break;
  }
  return left;
}

async function demonstrate(system: string, demonstration: Demonstration): Promise<boolean> {
  const { about, users, phases, breaker, request } = demonstration;
  console.log(`${system}: ${about}\n${users} users, each asking again as soon as he is answered.\n`);
  const status = JSON.parse((await run('status', '--json')).stdout) as {
    appId: string;
    port: number;
  }[];
  const portOf = (appId: string): number => status.find((one) => one.appId === appId)!.port;
  const gateway = `http://127.0.0.1:${portOf(`${system}-gateway`)}`;
  const pool = new Pool(gateway, { connections: users + 4 });
  const ask = askOver(pool);
  const read: Read = (path) => collection(gateway, path);
  await demonstration.prepare?.(ask, read);
  const played = await play(system, demonstration, ask, portOf(breaker.of) + 16_000);
  print(demonstration, played);

  const { sent } = played;
  const odd = [...new Set(sent.map(({ status }) => status))].filter((status) => status >= 300 && status !== 503);
  const accepted = (sent.filter(isAccepted).length / sent.length) * 100;
  const refused = new Set(sent.filter((one) => !isAccepted(one) && !one.unknown).map(({ name }) => name));
  const unknown = sent.filter((one) => one.unknown).length;
  const left = await stillLeft(demonstration, refused, read);
  console.log(`left behind by ${refused.size} refused requests: ${left.length || 'nothing'}`);
  if (unknown > 0)
    console.log(`answered as of unknown outcome, to be repeated with the same Idempotency-Key: ${unknown}`);
  if (odd.length > 0) console.log(`other answers than success and 503: ${odd.join(', ')}`);
  const after = await request(ask, `demo-${process.pid}-after`, phases.length - 1);
  console.log(`a request after it: ${after.status} in ${after.ms.toFixed(0)} ms`);
  await pool.close();
  return left.length === 0 && odd.length === 0 && after.status < 300 && accepted > (demonstration.availability ?? 0);
}

/** Starts the system on the full profile, shows, and stops it. */
async function main([system = '']: string[]): Promise<number> {
  const demonstration = demonstrations[system];
  if (!demonstration) {
    console.error(`Name a system: ${Object.keys(demonstrations).join(', ')}.`);
    return 2;
  }
  await run('down');
  await rm(env.MADANG_HOME, { recursive: true, force: true });
  try {
    await run('up', system, '--profile', 'full', '--detach', '--no-console');
    return (await demonstrate(system, demonstration)) ? 0 : 1;
  } finally {
    await run('down');
  }
}

process.exit(await main(process.argv.slice(2)));
