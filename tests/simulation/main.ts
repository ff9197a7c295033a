/** `npm run test:simulation -- [--system name ...] [--seeds n] [--minutes n] [--seed n] [--workers n] [--mutants [part of a name ...]]` */
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { log } from '../../services/kit/index.ts';
import { systemsOf } from '../crash/subjects/index.ts';
import { endWith } from '../harness/ending.ts';
import { print, report, type Sum } from './report.ts';
import { simulate } from './run.ts';
import { systemOf } from './systems.ts';

const options = new Command('test simulation')
  .description('Runs whole systems in one process under simulated time and troubles, one run for each seed.')
  .option('--system <name...>', 'the systems (all of them when none is named)')
  .option('--seeds <n>', 'how many seeds of each system', Number, 2_000)
  .option('--minutes <n>', 'minutes for all systems at most', Number, Number.POSITIVE_INFINITY)
  .option('--from <n>', 'the first seed', Number, 1)
  .option('--every <n>', 'one of so many seeds', Number, 1)
  .option('--workers <n>', 'how many processes share the seeds', Number, availableParallelism())
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
    every: number;
    workers: number;
    seed?: number;
    trace?: boolean;
    first?: boolean;
    mutants?: string[] | true;
  }>();

/** Failures of one system that are told; there may be many of one cause. */
const ENOUGH = 5;

async function play(name: string, share: number): Promise<Sum> {
  const system = systemOf(name);
  const { seed: only, from, every, seeds, trace, first } = options;
  const [begin, end] = only === undefined ? [from, from + seeds] : [only, only + 1];
  const began = performance.now();
  const sum = { name, seeds: 0, accepted: 0, steps: 0, rest: 0, failed: 0, ms: 0 };
  for (let seed = begin; seed < end && performance.now() - began < share * 60_000; seed += every) {
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
  return { ...sum, ms: performance.now() - began };
}

/** Goes on as a bundle, which is faster: in processes that share the seeds, or as this one, which it then ends. */
async function bundled(): Promise<number> {
  const { bundle } = await import('./bundle.ts');
  const file = await bundle('simulation');
  process.once('exit', () => rmSync(file, { force: true }));
  const { seed, seeds, trace } = options;
  const workers = seed !== undefined || trace ? 1 : Math.min(options.workers, seeds);
  if (workers > 1) return (await import('./workers.ts')).share(file, options, workers);
  await import(pathToFileURL(file).href);
  throw new Error('the bundle did not end the process');
}

async function main(): Promise<number> {
  if (options.mutants) {
    const { hunt } = await import('./mutate.ts');
    return hunt(options.mutants === true ? [] : options.mutants, options);
  }
  if (import.meta.filename.endsWith('.ts')) return bundled();
  log.silent = !options.trace;
  const systems = systemsOf(options.system);
  let failed = 0;
  for (const name of systems) {
    const sum = await play(name, options.minutes / systems.length);
    failed += sum.failed;
    if (process.send) await new Promise((sent) => process.send!(sum, sent));
    else print([sum]);
  }
  return failed;
}

await endWith(async () => ((await main()) === 0 ? 0 : 1));
