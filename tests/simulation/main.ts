/** `npm run test:simulation -- [--system name ...] [--seeds n] [--seed n] [--trace]` */
import { Command } from 'commander';
import { log } from '../../services/kit/index.ts';
import { subjects } from '../crash/subjects/index.ts';
import { simulate } from './run.ts';
import { systemOf } from './systems.ts';

const options = new Command('test simulation')
  .description('Runs whole systems in one process under simulated time and troubles, one run for each seed.')
  .option('--system <name...>', 'the systems (all of them when none is named)')
  .option('--seeds <n>', 'how many seeds of each system', Number, 200)
  .option('--from <n>', 'the first seed', Number, 1)
  .option('--seed <n>', 'only this seed, told in full', Number)
  .option('--trace', 'prints everything that happened')
  .parse()
  .opts<{ system?: string[]; seeds: number; from: number; seed?: number; trace?: boolean }>();

log.silent = !options.trace;
const systems = options.system ?? Object.keys(subjects);
let failed = 0;
for (const name of systems) {
  const system = systemOf(name);
  const first = options.seed ?? options.from;
  const count = options.seed === undefined ? options.seeds : 1;
  const began = performance.now();
  const [sum, bad] = [{ accepted: 0, steps: 0, rest: 0 }, [] as number[]];
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(system, seed);
    sum.accepted += outcome.accepted;
    sum.steps += outcome.steps;
    sum.rest = Math.max(sum.rest, outcome.rest);
    if (options.trace) for (const line of outcome.trace) console.log(line);
    if (outcome.violations.length === 0) continue;
    bad.push(seed);
    console.log(`VIOLATION in ${name}, seed ${seed}: ${outcome.violations.length}`);
    for (const { about, what } of outcome.violations.slice(0, 6)) console.log(`   ${about}: ${what}`);
    if (options.seed !== undefined) for (const trouble of outcome.troubles) console.log(`     ${trouble}`);
    if (bad.length >= 10) break;
  }
  failed += bad.length;
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `simulation of ${name}: ${count} seeds, ${bad.length} violations (${sum.accepted} commands accepted, ${Math.round(sum.steps / count)} steps a seed, longest way to rest ${Math.round(sum.rest / 1000)} s, ${Math.round((count / seconds) * 60)} seeds a minute)`,
  );
}
process.exit(failed === 0 ? 0 : 1);
