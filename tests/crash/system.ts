/**
 * The running systems under kill -9: clients send commands through the gateways while processes of every kind are
 * killed at random moments and the runner starts them again. Then everything must come to rest, and the subjects judge.
 */
import { execFile, spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { running as status } from '../../tools/run/cli/client.ts';
import { readTemplates } from '../../tools/run/infrastructure/templates.ts';
import { Brokers } from './brokers.ts';
import { ClientSession, Log } from './client-session.ts';
import { explain, foundOn, inspect, seenOn, type Trial, untilAtRest } from './judgement.ts';
import { randomFrom, until } from './parts.ts';
import { subjects } from './subjects/index.ts';
import { overHttp } from './way.ts';

type Profile = 'light' | 'full';

/** How many clients work on a system. */
const CLIENTS = { alone: 6, together: 3 };

const root = join(import.meta.dirname, '../..');
const home = process.env.MADANG_HOME ?? '';

const run = (...words: string[]) => promisify(execFile)(join(root, 'run'), words, { cwd: root, maxBuffer: 1 << 26 });

/** Kills until the number is reached; answers how many of each kind. */
async function killer(
  kills: number,
  random: () => number,
  log: Log,
  brokers: Brokers | undefined,
): Promise<Record<string, number>> {
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  const killed: Record<string, number> = {};
  const deaths = new Map<string, number>();
  for (let done = 0; done < kills; ) {
    const before = log.accepted;
    await sleep(500 + 900 * random());
    // A kill shows most where work is done: a slow machine gets the time to begin with it.
    await until(async () => log.accepted > before, 5_000, 50);
    const { services, infrastructure } = await status();
    for (const { id, state } of infrastructure) if (state === 'healthy') deaths.delete(id);
    const targets = [
      ...services.flatMap(({ pid }) => (pid ? [{ pid, kind: 'app' }] : [])),
      ...services.flatMap(({ sidecarPid }) => (sidecarPid ? [{ pid: sidecarPid, kind: 'sidecar' }] : [])),
      // One that is alone may die once more while it comes back. Killed on and on it never would, and no sidecar starts without it.
      ...infrastructure.flatMap(({ pid, id }) => (pid && (deaths.get(id) ?? 0) < 2 ? [{ pid, kind: id }] : [])),
    ];
    for (let count = random() < 0.12 ? 2 : 1; count > 0 && done < kills; count--) {
      const [dice, ofInfrastructure] = [random(), Math.min(0.26, 0.09 * infrastructure.length)];
      const isApp = dice < 0.54 * (1 - ofInfrastructure);
      const kinds = isApp ? ['app'] : dice < 1 - ofInfrastructure ? ['sidecar'] : infrastructure.map(({ id }) => id);
      const target = pick(targets.filter(({ kind }) => kinds.includes(kind)));
      if (!target) continue;
      const doomed = target.kind.startsWith('kafka-') ? await brokers?.toKill(target.kind, infrastructure) : undefined;
      // Of three brokers two must be there, or nobody promises anything.
      if (target.kind.startsWith('kafka-') && !doomed) continue;
      try {
        process.kill(target.pid, 'SIGKILL');
      } catch {
        continue;
      }
      done++;
      if (doomed) brokers?.watch(doomed, log);
      killed[target.kind] = (killed[target.kind] ?? 0) + 1;
      deaths.set(target.kind, (deaths.get(target.kind) ?? 0) + 1);
      if (done % 100 === 0) console.log(`  ${done} kills, ${log.accepted} commands accepted`);
    }
  }
  return killed;
}

export interface Options {
  readonly kills: number;
  readonly seed: number;
  readonly systems: readonly string[];
  /** They run already, nobody has worked on them, and they shall go on running. */
  readonly attach: boolean;
  /** Of Kafka. */
  readonly brokers: number;
  /** Of each service behind a gateway; not of alert, whose files one process holds. */
  readonly replicas: number;
}

/** What `./run up` is told besides systems and profile. */
async function optionsOf({ systems, brokers, replicas }: Options): Promise<string[]> {
  const services = (await readTemplates(systems)).map(({ appId }) => appId);
  const several = services.filter((appId) => !/-(gateway|alert)$/.test(appId));
  return [
    ...(brokers > 1 ? ['--brokers', String(brokers)] : []),
    ...(replicas > 1 ? ['--replicas', ...several.map((appId) => `${appId}=${replicas}`)] : []),
  ];
}

/** Kills, waits for rest, looks. @returns number of violations */
export async function crash(profile: Profile, request: Options): Promise<number> {
  const { kills, seed, systems, brokers, replicas } = request;
  const several = [
    ...(brokers > 1 ? [` with ${brokers} brokers`] : []),
    ...(replicas > 1 ? [` with ${replicas} replicas`] : []),
  ].join('');
  console.log(`${systems.join(', ')} on ${profile}${several}: ${kills} kills, seed ${seed}`);
  if (request.attach) return underKills(profile, request);
  await run('down').catch(() => undefined);
  await rm(home, { recursive: true, force: true });
  const options = await optionsOf(request);
  await run('up', ...systems, '--profile', profile, ...options, '--detach', '--no-console').catch(
    ({ stdout = '', stderr = '' }: { stdout?: string; stderr?: string }) => {
      // Its last line says why.
      throw new Error(`The systems did not start: ${`${stdout}${stderr}`.trim().split('\n').at(-1)}`);
    },
  );
  const downAtOnce = (): void => void spawnSync(join(root, 'run'), ['down'], { cwd: root });
  process.once('exit', downAtOnce);
  try {
    return await underKills(profile, request);
  } finally {
    process.off('exit', downAtOnce);
    await run('down').catch((error: Error) => console.log(`./run down failed: ${error.message}`));
  }
}

/** Kills what runs while clients work on it, waits for rest, looks. @returns number of violations */
async function underKills(profile: Profile, { kills, seed, systems }: Options): Promise<number> {
  const begin = Date.now();
  const [log, { services, infrastructure }] = [new Log(), await status()];
  const ports = infrastructure.filter(({ id }) => id.startsWith('kafka-')).map(({ port }) => port);
  const brokers = ports.length > 0 ? new Brokers(ports, systems) : undefined;
  const trials = systems.map((system): Trial => {
    const port = services.find((one) => one.appId === `${system}-gateway`)?.port;
    const place = { system, profile, home, gateway: `http://127.0.0.1:${port}` };
    return { subject: subjects[system]!(), place, found: [] };
  });
  const stop = work(trials, log, seed);
  const healthy = Date.now();
  const killed = await killer(kills, randomFrom(seed), log, brokers);
  const killing = Date.now() - healthy;
  const [waited] = await Promise.all([brokers?.close(log), stop()]);
  const rest = await untilAtRest(trials);
  if (foundOn(trials).length === 0) {
    // Nothing may move any more.
    await sleep(5_000);
    for (const trial of trials) await inspect(trial);
  }
  const violations = [...foundOn(trials), ...log.oddities];
  for (const violation of violations.slice(0, 20)) await explain(violation, trials, log);
  if (violations.length > 20) console.log(`... and ${violations.length - 20} more violations`);
  console.log(
    [
      `crash test on ${profile}, seed ${seed}: ${violations.length} violations`,
      `  kills      ${Object.entries(killed)
        .map(([kind, count]) => `${kind} ${count}`)
        .join(', ')} (one every ${Math.round(killing / kills)} ms)`,
      ...(waited ? [`  brokers    ${waited}`] : []),
      `  commands   accepted ${log.accepted}, refused ${log.refused}, answers with unknown outcome ${log.unknown}, requests ${log.tries}`,
      `  checked    ${trials.map(seenOn).join('; ')}`,
      `  at rest    ${Math.round(rest / 1000)} s after the last command; whole test ${Math.round((Date.now() - begin) / 1000)} s`,
    ].join('\n'),
  );
  return violations.length;
}

/** Clients of all systems begin to work. @returns what makes them stop, and waits until they have */
function work(trials: readonly Trial[], log: Log, seed: number): () => Promise<unknown> {
  let working = true;
  const count = trials.length > 1 ? CLIENTS.together : CLIENTS.alone;
  const clients = trials.flatMap(({ subject, place }, system) =>
    Array.from({ length: count }, async (_, n) => {
      const number = system * count + n;
      const pause = randomFrom(number);
      const client = subject.client(new ClientSession(overHttp(place.gateway), log, number, seed));
      while (working) {
        await client.next();
        await sleep(20 + 60 * pause());
      }
    }),
  );
  return () => {
    working = false;
    return Promise.all(clients);
  };
}
