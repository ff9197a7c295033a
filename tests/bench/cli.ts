/** `npm run bench`; `npm run bench -- --help` says how. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Profile } from '../../tools/run/process.ts';
import { endWith } from '../harness/ending.ts';
import { compare } from './compare.ts';
import { COMPARED, GROWTH, type Options, PARTS, type Part, USUAL } from './options.ts';

const root = resolve(import.meta.dirname, '../..');
const base = resolve(process.env.MADANG_HOME || join(root, '.madang'));

const between =
  (least: number, greatest: number) =>
  (text: string): number => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least && number <= greatest) return number;
    throw new InvalidArgumentError(`Write a whole number from ${least} to ${greatest}.`);
  };

const SIZE = 100_000;
function size(text: string): number {
  const number = between(1_000, 1_000_000)(text);
  if (number % 100 !== 0) throw new InvalidArgumentError('Write a multiple of 100.');
  return number;
}

const DEFAULT_REPLICAS: readonly number[] = [2, 3];
/** Each of them is a call of its own, with what the others made. */
const counts = (text: string, others: readonly number[] | undefined): number[] => [
  ...(others === DEFAULT_REPLICAS ? [] : (others ?? [])),
  between(2, 20)(text),
];

interface Flags {
  readonly profile: Profile | 'both';
  readonly seconds: number;
  readonly warm: number;
  readonly cpu: boolean;
  readonly calls: boolean;
  readonly profileCpu: boolean;
  readonly only?: readonly Part[];
  readonly growth?: number | true;
  readonly replicas: readonly number[];
  readonly compare?: string;
  readonly rounds: number;
}

const command = new Command('bench')
  .description('Measures the lecture system and prints a table for each profile.')
  .addOption(new Option('--profile <profile>', 'what to measure on').choices(['light', 'full', 'both']).default('both'))
  .option('--seconds <n>', 'length of each run under load', between(1, 600), 8)
  .option('--warm <n>', 'seconds of load before anything is measured', between(1, 600), 45)
  .addOption(new Option('--only <part...>', 'only these parts, in this order').choices(PARTS))
  .option('--cpu', 'also CPU time of each process per enrolment', false)
  .option('--calls', 'also calls of the sidecars, which have to count them: they take some more CPU', false)
  .option('--profile-cpu', 'CPU profiles of sidecars and apps while the whole system is under load, in files', false)
  .option('--growth [records]', 'what very many records, events, registrations and replicas cost (100000)', size)
  .option('--replicas <n...>', 'how many of each service are compared with one', counts, DEFAULT_REPLICAS)
  .option('--compare <commit>', 'this checkout and that commit in turn: the ratio of each figure and its spread')
  .option('--rounds <n>', 'turns of each build when two are compared', between(1, 20), 2);

/** The parts in the order in which they are measured. */
function parts({ only, growth, profileCpu, compare }: Flags): readonly Part[] {
  if (only) return only;
  if (growth) return GROWTH;
  if (profileCpu) return ['system'];
  return compare ? COMPARED : USUAL;
}

/** Measures each profile in a process of its own, so that neither finds what the other left in memory. */
async function main(args: string[]): Promise<number> {
  const flags = command.parse(args, { from: 'user' }).opts<Flags>();
  if (flags.compare && flags.profileCpu) command.error('--profile-cpu takes time that --compare would count.');
  for (const profile of flags.profile === 'both' ? (['light', 'full'] as const) : [flags.profile]) {
    const profiles = flags.profileCpu
      ? join(base, 'profiles', `${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}-${profile}`)
      : undefined;
    if (profiles) mkdirSync(profiles, { recursive: true });
    const options: Options = {
      profile,
      seconds: flags.seconds,
      warm: flags.warm,
      parts: parts(flags),
      cpu: flags.cpu,
      calls: flags.calls,
      size: typeof flags.growth === 'number' ? flags.growth : SIZE,
      replicas: flags.replicas,
      rounds: 3,
      root,
      ...(profiles ? { profiles } : {}),
    };
    const asked = { commit: flags.compare ?? '', rounds: flags.rounds, folder: join(base, 'compare') };
    const code = flags.compare ? await compare(options, asked, measure) : await measure(options, profile);
    if (code) return code;
  }
  return 0;
}

const OFFSET = Number(process.env.MADANG_PORT_OFFSET || 3900);

/** @param name of its home: another build has another home, and other ports */
function measure(options: Options, name: string): Promise<number> {
  const main = join(root, 'tests/bench/main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', main, JSON.stringify(options)], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      // Beside a running system, and on stores of its own only.
      MADANG_HOME: join(base, 'bench', name),
      MADANG_PORT_OFFSET: String(options.root === root ? OFFSET : OFFSET + 300),
      MADANG_REDIS: '',
      MADANG_MYSQL: '',
      MADANG_KAFKA: '',
    },
  });
  // The child cleans up and ends; this process waits for it.
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve) =>
    child.once('exit', (code) => {
      for (const signal of signals) process.off(signal, pass);
      resolve(code ?? 1);
    }),
  );
}

await endWith(() => main(process.argv.slice(2)));
