/**
 * The kit's unit of work alone: a process performs one command through a real sidecar and is killed at its n-th call, for
 * every n, before, during and after the call; or it lives and loses the call or its answer. Then a new life of the same
 * instance (or another instance) starts, and the store and the topic are read by means of their own: either nothing
 * happened and no event was told, or state and every event exactly.
 */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { infrastructure } from '../../../tools/run/infrastructure/infra.ts';
import { home } from '../../../tools/run/paths.ts';
import { background, randomFrom, until } from '../parts.ts';
import { orphans } from './orphans.ts';
import { type Case, callsOf, play } from './play.ts';
import { buildVictim } from './process-run.ts';
import type { Trouble } from './protocol.ts';
import { mysqlStore, redisStore, type StoreFixture } from './stores.ts';

const TROUBLES: readonly Trouble[] = ['before', 'mid', 'after', 'lost', 'drop', 'late', 'cut'];
/** A start is disturbed by these alone. */
const DEATHS = TROUBLES.slice(0, 3);

/** Runs it. @returns number of violations */
export async function unitOfWork(options: { profile?: string; seed: number; limit: number }): Promise<number> {
  const began = Date.now();
  await mkdir(home, { recursive: true });
  await buildVictim();
  const infra = await infrastructure(options.profile === 'light' ? 'light' : 'full', [], console.log);
  const processes = infra.specs
    .filter(({ id }) => id !== 'kafka')
    .map((spec) => ({
      spec,
      child: background(spec.command, { env: spec.env, cwd: spec.cwd, output: join(home, `${spec.id}.log`) }),
    }));
  const stores: StoreFixture[] = [];
  try {
    for (const { spec } of processes)
      if (!(await until(spec.ready, 60_000))) throw new Error(`${spec.id} did not start, see ${home}/${spec.id}.log`);
    const { redis, mysql } = infra.addresses;
    if (options.profile !== 'full') stores.push(await redisStore(redis.port));
    if (mysql) stores.push(await mysqlStore(redis.port, mysql));
    const results = await Promise.all(stores.map((store) => allOn(store, options)));
    const violations = results.reduce((sum, { violations }) => sum + violations, 0);
    console.log(
      `unit of work: ${results.map(({ name, cases }) => `${cases} deaths and losses on ${name}`).join(', ')}; ` +
        `violations ${violations}; ${Math.round((Date.now() - began) / 1000)} s; seed ${options.seed}`,
    );
    return violations;
  } finally {
    for (const store of stores) store.stop();
    for (const { child } of processes) {
      child.kill('SIGTERM');
      if (child.exitCode === null) await Promise.race([once(child, 'exit'), sleep(10_000)]);
    }
  }
}

/** Plays what `limit` leaves of all cases, by chance. */
async function allOn(
  store: StoreFixture,
  { seed, limit }: { seed: number; limit: number },
): Promise<{ name: string; cases: number; violations: number }> {
  const random = randomFrom(seed);
  const cases = await casesOn(store);
  const share = limit / cases.length;
  const chosen = cases.filter(() => random() < share);
  console.log(`  ${store.name}: ${chosen.length} of ${cases.length} deaths and losses`);
  let violations = (await orphans(store)).length > 0 ? 1 : 0;
  for (const one of chosen) {
    // Which calls share a batch differs from run to run, so a call may be missing once.
    let played = await play(store, one);
    for (let tries = 1; !played.met && played.found.length === 0 && tries < 3; tries++) played = await play(store, one);
    const { scenario, trouble, at, countFrom } = one;
    if (!played.met)
      console.log(`VIOLATION ${store.name}: ${scenario} counted from ${countFrom} never made call ${at} (${trouble})`);
    if (!played.met || played.found.length > 0) violations++;
  }
  return { name: store.name, cases: chosen.length, violations };
}

/** Every trouble at every call. */
async function casesOn(store: StoreFixture): Promise<Case[]> {
  const cases: Case[] = [];
  const add = async (scenario: string, countFrom: Case['countFrom'], troubles: readonly Trouble[]): Promise<void> => {
    const calls = await callsOf(store, scenario, countFrom);
    for (let at = 1; at <= calls; at++)
      for (const trouble of troubles) cases.push({ scenario, trouble, at, countFrom });
  };
  for (const scenario of ['create', 'change', 'remove', 'enrol', 'abandon', 'batch', 'crowd', 'pair'])
    await add(scenario, 'command', TROUBLES);
  for (const scenario of ['crowd', 'enrol']) await add(scenario, 'start', DEATHS);
  return cases;
}
