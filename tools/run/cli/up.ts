import { spawn } from 'node:child_process';
import { mkdirSync, openSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOrphans, isAlive, recorded, supervisorAlive } from '../infrastructure/runfile.ts';
import { systems as allSystems } from '../infrastructure/templates.ts';
import { home, portOffset, root } from '../paths.ts';
import type { Progress } from '../process.ts';
import { appended, logFile } from '../supervisor/logs.ts';
import type { Status, UpOptions } from '../supervisor/status.ts';
import * as client from './client.ts';
import { summary } from './summary.ts';

/** Set for the second process that `--detach` starts. */
const detachedMark = 'MADANG_DETACHED';

const print: Progress = (line) => process.stdout.write(`${line}\n`);

/** Starts, or adds to what runs. Without `detach` it stays until Ctrl+C. */
export async function up(options: UpOptions): Promise<void> {
  const there = await client.status();
  if (there) return add(there, options);
  const isDetached = process.env[detachedMark] !== undefined;
  // Not for the services, nor for a runner that one of them might start.
  delete process.env[detachedMark];
  if (options.detach && !isDetached) return detach();
  // Loaded only here: the other commands need not wait for it.
  const { stay } = await import('./stay.ts');
  await stay(options);
}

async function add(
  there: Status,
  { systems, replicas, profile, console, auth, grpc = false, tokens = false, mtls = false, brokers }: UpOptions,
): Promise<void> {
  if (there.profile !== profile)
    throw new Error(
      `The ${there.profile} profile runs here; ./run down ends it, then the ${profile} profile can be started.`,
    );
  if (auth && !there.infrastructure.some(({ id }) => id === 'identity'))
    throw new Error('What runs here asks for no tokens; ./run down ends it, then it can be started with --auth.');
  if (tokens && !there.tokens)
    throw new Error(
      'Services and sidecars that run here ask each other for no tokens; ./run down ends them, then they can be started with --tokens.',
    );
  if (mtls && !there.infrastructure.some(({ id }) => id === 'sentry'))
    throw new Error(
      'Sidecars that run here do not speak mTLS; ./run down ends them, then it can be started with --mtls.',
    );
  const running = there.infrastructure.filter(({ id }) => id.startsWith('kafka')).length;
  if (brokers && brokers !== running)
    throw new Error(
      `The number of Kafka's brokers that run here is ${running}; ./run down ends them, then there can be ${brokers}.`,
    );
  const present = systems.filter((system) => there.systems.includes(system));
  if (present.length) print(`${present.join(', ')} runs already (supervisor ${there.pid}).`);
  await client.up({ systems, replicas, console, grpc });
  await follow(async () => undefined);
}

/** The same command once more, on its own and with its output in a file that this process follows until all is healthy. */
async function detach(): Promise<void> {
  const file = logFile('run');
  mkdirSync(`${home}/logs`, { recursive: true });
  rmSync(file, { force: true });
  const log = openSync(file, 'a');
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    cwd: root,
    env: { ...process.env, [detachedMark]: '1' },
    detached: true,
    stdio: ['ignore', log, log],
  });
  let code: number | null | undefined;
  child.once('exit', (exitCode) => {
    code = exitCode ?? 1;
  });
  let read = 0;
  const interrupt = () => child.kill('SIGTERM');
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  await follow(async () => {
    // A supervisor that failed has said why in its last lines, and stopped what it had started.
    const ended = code !== undefined;
    const { text, length } = appended(file, read);
    read = length;
    process.stdout.write(text);
    if (ended) process.exit(code || 1);
  });
  child.unref();
}

/** Waits until the supervisor says that all is healthy. */
async function follow(meanwhile: () => Promise<void>): Promise<void> {
  for (;;) {
    await meanwhile();
    const status = await client.status();
    if (status?.phase === 'failed') throw new Error(status.reason ?? 'It failed.');
    if (status?.phase === 'up') {
      await meanwhile();
      summary(status);
      return;
    }
    await sleep(100);
  }
}

/** Returns when nothing of this home runs any more. */
export async function down(): Promise<void> {
  const supervisor = supervisorAlive();
  if (supervisor) {
    if (await client.status().catch(() => undefined)) await client.down();
    else process.kill(supervisor.pid, 'SIGTERM');
    const limit = Date.now() + 90_000;
    while (isAlive(supervisor) && Date.now() < limit) await sleep(50);
    if (isAlive(supervisor)) process.kill(supervisor.pid, 'SIGKILL');
    while (isAlive(supervisor)) await sleep(20);
  }
  const found = recorded().length > 0;
  const orphans = await endOrphans(print);
  print(supervisor || orphans || found ? 'stopped' : 'nothing runs');
}

export async function wantedSystems(named: string[]): Promise<string[]> {
  const known = await allSystems();
  const wanted = named.length === 0 || named.includes('all') ? known : [...new Set(named)];
  for (const system of wanted)
    if (!known.includes(system)) throw new Error(`There is no system "${system}"; there is ${known.join(', ')}.`);
  if (!Number.isInteger(portOffset) || portOffset < 0 || portOffset > 8000)
    throw new Error('MADANG_PORT_OFFSET must be a whole number from 0 to 8000.');
  return wanted;
}
