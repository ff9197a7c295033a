/** `npm run test:simulation -- [--system name ...] [--seeds n] [--minutes n] [--seed n] [--mutants [part of a name ...]]` */
import { rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { log } from '../../services/kit/index.ts';
import { systemsOf } from '../crash/subjects/index.ts';
import { endWith } from '../harness/ending.ts';
import { report } from './report.ts';
import { simulate } from './run.ts';
import { systemOf } from './systems.ts';

const options = new Command('test simulation')
  .description('Runs whole systems in one process under simulated time and troubles, one run for each seed.')
  .option('--system <name...>', 'the systems (all of them when none is named)')
  .option('--seeds <n>', 'how many seeds of each system', Number, 2_000)
  .option('--minutes <n>', 'minutes for all systems at most', Number, Number.POSITIVE_INFINITY)
  .option('--from <n>', 'the first seed', Number, 1)
  .option('--seed <n>', 'only this seed, with the fewest troubles that are enough where it fails', Number)
  .option('--trace', 'prints everything that happens under this seed')
  .option('--first', 'stops at the first seed that fails')
  .option('--mutants [part...]', 'plants faults, one at a time, and tells how many seeds it takes to find each')
  .parse()
  .opts<{
    system?: string[];
    seeds: number;
    minutes: number;
    from: number;
    seed?: number;
    trace?: boolean;
    first?: boolean;
    mutants?: string[] | true;
  }>();

/** Failures of one system that are told; there may be many of one cause. */
const ENOUGH = 5;

/** @returns how many seeds failed */
async function run(name: string, share: number): Promise<number> {
  const system = systemOf(name);
  const { seed: only, from, seeds, trace, first } = options;
  const [begin, end] = only === undefined ? [from, from + seeds] : [only, only + 1];
  const began = performance.now();
  const sum = { seeds: 0, accepted: 0, steps: 0, rest: 0, failed: 0 };
  for (let seed = begin; seed < end && performance.now() - began < share * 60_000; seed++) {
    const outcome = await simulate(system, seed);
    sum.seeds++;
    sum.accepted += outcome.accepted;
    sum.steps += outcome.steps;
    sum.rest = Math.max(sum.rest, outcome.rest);
    if (trace) for (const line of outcome.trace) console.log(line);
    if (outcome.violations.length === 0) continue;
    sum.failed++;
    await report(system, outcome, !first);
    if (first || sum.failed === ENOUGH) break;
  }
  const minutes = (performance.now() - began) / 60_000;
  console.log(
    [
      `simulation of ${name}: ${sum.failed} violations in ${sum.seeds} seeds`,
      `  ${sum.accepted} commands accepted, ${Math.round(sum.steps / sum.seeds)} steps a seed, at rest ${Math.round(sum.rest / 1000)} s after the last command at the latest, ${Math.round(sum.seeds / minutes)} seeds a minute`,
    ].join('\n'),
  );
  return sum.failed;
}

/** Goes on as a bundle, which is faster and ends this process. */
async function bundled(): Promise<never> {
  const { bundle } = await import('./bundle.ts');
  const file = await bundle('simulation');
  process.once('exit', () => rmSync(file, { force: true }));
  await import(pathToFileURL(file).href);
  throw new Error('the bundle did not end the process');
}

async function main(): Promise<number> {
  if (options.mutants) {
    const { hunt } = await import('./mutate.ts');
    return hunt(options.mutants === true ? [] : options.mutants, options.seeds);
  }
  if (import.meta.filename.endsWith('.ts')) return bundled();
  log.silent = !options.trace;
  const systems = systemsOf(options.system);
  let failed = 0;
  for (const name of systems) failed += await run(name, options.minutes / systems.length);
  return failed;
}

await endWith(async () => ((await main()) === 0 ? 0 : 1));
