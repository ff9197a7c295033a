import { rm } from 'node:fs/promises';
import { delimiter, dirname, resolve } from 'node:path';
import { chromium } from '../tools/run/provision/chromium.ts';
import { goProgram } from '../tools/run/provision/go.ts';
import { longTermNode } from '../tools/run/provision/node.ts';
import { sentry } from '../tools/run/provision/sentry.ts';
import { jest } from './runner/jest.ts';
import { counted, python } from './runner/others.ts';
import { apart, type Env, execute } from './runner/program.ts';
import { inOneLine, NOT_RUN, type Result, sum } from './runner/result.ts';
import { browser, onSystems, PORTS, type Profile, scenarios, system } from './runner/systems.ts';

/** `npm test -- [unit|simulation|python|chart|service|browser|light|full|crash|unit-of-work|hostile|stores|lecture|functional|quick ...] [--node lts]`: all but the last four when none is named. */

/** What is simulated, in one process: others need the processors. As many seeds as fit into three minutes, or a few of each system. */
const SEEDS = { all: ['--minutes', '3', '--workers', '1'], quick: ['--seeds', '16', '--workers', '1'] };
const CRASH = 'tests/crash/main.ts';
const HOSTILE = 'tests/hostile/main.ts';

const suites: Record<string, (args: string[]) => Promise<Result>> = {
  // A service that a spec has killed goes on waiting for its broker, as a killed one does not: so the end is forced.
  unit: (args) =>
    jest('unit', apart('unit', 0), ['--forceExit', '--maxWorkers=100%', '--testMatch', '**/*.unit.spec.ts', ...args]),
  // It takes what the other suites leave of a processor.
  simulation: (args) => counted('tests/simulation/main.ts', {}, args.length > 0 ? args : SEEDS.all, 'lowest'),
  python: () => python(),
  chart: (args) =>
    having(
      // Before the tests, whose time is limited: the first time they may have to be built.
      async () => {
        for (const name of ['helm', 'kubeconform', 'promtool', 'actionlint', 'oci-registry'] as const)
          await goProgram(name, console.log);
      },
      () => jest('chart', apart('chart', 0), ['--testMatch', '**/tests/chart/*.spec.ts', ...args]),
    ),
  service: (args) =>
    having(
      () => sentry(console.log),
      async () => {
        const env = apart('service', 2300);
        await rm(env.MADANG_HOME!, { recursive: true, force: true });
        return jest('service', env, ['--runInBand', '--forceExit', '--testMatch', '**/*.service.spec.ts', ...args]);
      },
    ),
  browser: (args) =>
    having(
      () => chromium(console.log),
      () => browser(apart('browser', 2000), args),
    ),
  light: (args) => system('light', args),
  full: (args) =>
    having(
      () => chromium(console.log),
      () => system('full', args),
    ),
  crash: (args) => counted(CRASH, apart('crash', 3200), [...args, '--only', 'system']),
  'unit-of-work': (args) => counted(CRASH, apart('work', 3800), [...args, '--only', 'unit-of-work']),
  hostile: (args) => counted(HOSTILE, apart('hostile', 3500), args),
};

/** By name only: what takes long, and parts for people who wait. */
const parts: typeof suites = {
  // Brokers and stores that ask for TLS and passwords; what the chart says of them, so helm is needed.
  stores: (args) =>
    having(
      () => goProgram('helm', console.log),
      () => jest('stores', apart('stores', 4100), ['--testMatch', '**/tests/stores/*.spec.ts', ...args]),
    ),
  lecture: (args) => suites.light!(['--system', 'lecture', ...args]),
  functional: (args) => parts.lecture!(['--testPathPatterns', 'functional', ...args]),
  // While somebody works on a rule: what makes new services and systems (tests/new) is left out.
  quick: async () => {
    const unit = suites.unit!(['--testPathIgnorePatterns', '/node_modules/', 'tests/new']);
    return sum(await Promise.all([unit, suites.simulation!(SEEDS.quick), parts.functional!([])]));
  },
};
const named = { ...suites, ...parts };

/** Suites that play on one running system of all systems, in this order: its start takes both processors for half a minute. */
interface Together {
  readonly on: Profile;
  readonly env: Env;
  readonly suites: Readonly<Record<string, (env: Env) => Promise<Result>>>;
}
const crashOn =
  (profile: Profile) =>
  (env: Env): Promise<Result> =>
    counted(CRASH, env, ['--only', 'system', '--profile', profile, '--attach']);
/** The crash test judges every record, so it comes first, and it leaves all whole: scenarios know their own records. */
const crashThenFull: Together = {
  on: 'full',
  env: apart('full', PORTS.full),
  suites: {
    crash: crashOn('full'),
    full: (env) =>
      having(
        () => chromium(console.log),
        () => scenarios('full', env, []),
      ),
  },
};
/** After an attack there are messages on the topics that scenarios would wonder at. */
const crashThenHostile: Together = {
  on: 'light',
  env: apart('hostile', 3500),
  suites: { crash: crashOn('light'), hostile: (env) => counted(HOSTILE, env, ['--attach']) },
};

/** All suites, one step after the other. The rows of a step run side by side: one that mostly waits, and one that takes a processor. */
const steps: readonly (readonly (readonly string[] | Together)[])[] = [
  [['unit']],
  [['service'], ['python', 'chart']],
  [['browser']],
  [['light']],
  [crashThenFull],
  [['unit-of-work']],
  [crashThenHostile],
];
/** Takes at most one processor, and only what all others leave of it. */
const BESIDE = ['simulation'];

const played = steps.flat().flatMap((row) => ('on' in row ? Object.keys(row.suites) : row));
const forgotten = Object.keys(suites).filter((name) => ![...played, ...BESIDE].includes(name));
if (forgotten.length > 0) throw new Error(`No step of tests/run.ts runs ${forgotten.join(', ')}.`);

/** Runs the named suites; what follows them is passed on (`npm test -- light --system rental -t '22.'`, `npm test -- crash --kills 1000`). */
async function main(words: string[]): Promise<number> {
  const options = words.findIndex((word) => word.startsWith('-'));
  const wanted = options < 0 ? words : words.slice(0, options);
  const unknown = wanted.find((name) => !named[name]);
  if (unknown) {
    console.error(`There is no suite ${unknown}; choose from ${Object.keys(named).join(', ')}.`);
    return 1;
  }
  const args = options < 0 ? [] : words.slice(options).filter((word) => word !== '--');
  const onNode = args.indexOf('--node');
  if (onNode >= 0 && !(await runsOn(args.splice(onNode, 2)[1] ?? ''))) return 1;
  const results: Result[] = [];
  const [summary, faults, short]: [string[], string[], string[]] = [[], [], []];
  const play = async (name: string, suite: () => Promise<Result>): Promise<void> => {
    console.log(`\n── ${name}`);
    const began = Date.now();
    const result = await suite();
    const seconds = Math.round((Date.now() - began) / 1000);
    results.push(result);
    if (result.failed > 0) {
      faults.push(`\n── failed in ${name}`, ...result.faults);
      short.push(...result.faults.map((fault) => `${name} ${inOneLine(fault)}`));
    }
    summary.push(`${name.padEnd(13)} ${result.passed} passed, ${result.failed} failed (${seconds} s)`);
  };
  const row = async (names: readonly string[]): Promise<void> => {
    for (const name of names) await play(name, () => named[name]!(args));
  };
  const onOne = async ({ on, env, suites }: Together): Promise<void> => {
    await onSystems({ profile: on, env, wanted: 'all' }, async (isUp) => {
      for (const [name, suite] of Object.entries(suites))
        await play(name === on ? name : `${name} ${on}`, async () => (isUp ? suite(env) : NOT_RUN));
    });
  };
  if (wanted.length > 0) await row(wanted);
  else {
    const beside = row(BESIDE);
    for (const step of steps) await Promise.all(step.map((one) => ('on' in one ? onOne(one) : row(one))));
    await beside;
  }
  const { passed, failed } = sum(results);
  console.log([...faults, '', ...short, ...summary, `${passed} passed, ${failed} failed`].join('\n'));
  return failed === 0 && passed > 0 ? 0 : 1;
}

/** From now on all programs and services run on this Node: a program of it, or `lts`, the newest long-term line. False when there is none. */
async function runsOn(wanted: string): Promise<boolean> {
  try {
    const program = wanted === 'lts' ? (await longTermNode(console.log)).command[0]! : resolve(wanted);
    process.env.PATH = `${dirname(program)}${delimiter}${process.env.PATH}`;
    process.env.MADANG_NODE = program;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
  return (await execute('node', ['--version'], {})).code === 0;
}

/** Runs a suite when the programs it needs are there, or else says in one sentence which is missing. */
async function having(programs: () => Promise<unknown>, suite: () => Promise<Result>): Promise<Result> {
  try {
    await programs();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return NOT_RUN;
  }
  return suite();
}

process.exit(await main(process.argv.slice(2)));
