import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { chromium } from '../tools/run/provision/chromium.ts';
import { goProgram } from '../tools/run/provision/go.ts';
import { longTermNode } from '../tools/run/provision/node.ts';
import { sentry } from '../tools/run/provision/sentry.ts';

/** `npm test -- [unit|simulation|python|chart|service|browser|light|full|crash|unit-of-work|hostile|stores|lecture|functional|quick ...] [--node lts]`: all but the last four when none is named. */

const root = resolve(import.meta.dirname, '..');
const base = resolve(process.env.MADANG_HOME ?? join(root, '.madang'));
const offset = Number(process.env.MADANG_PORT_OFFSET ?? 0);

interface Result {
  readonly passed: number;
  readonly failed: number;
  /** What failed and how, a few lines each. */
  readonly faults: readonly string[];
}

/** What failed and how in one line: the last lines of a long output are all that some people see. */
const inOneLine = (fault: string): string => {
  const lines = fault.split('\n').map((line) => line.trim());
  const how = lines.slice(1).filter((line) => line !== '' && !line.startsWith('at ') && !line.includes('Object.is'));
  const where = lines.find((line) => line.startsWith('at ') && line.includes('/tests/'))?.match(/[\w.-]+:\d+/)?.[0];
  return `${lines[0]?.replace(/^tests\//, '').slice(0, 130)} | ${where ?? ''} ${how.join(' ').slice(0, 110)}`;
};

type Env = Record<string, string>;

/** Each suite that starts processes has a home and ports of its own, so that it runs beside a running system. */
const apart = (name: string, ports: number): Env => ({
  MADANG_HOME: join(base, `test-${name}`),
  MADANG_PORT_OFFSET: String(offset + ports),
});

type Profile = 'light' | 'full';
const PORTS: Readonly<Record<Profile, number>> = { light: 2600, full: 2900 };

/** Systems that run for a suite. */
interface Running {
  readonly profile: Profile;
  readonly env: Env;
  readonly wanted: string;
  /** More that `./run up` is told. */
  readonly words?: readonly string[];
}

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

/** From now on all programs run on this Node: a program of it, or `lts`, the newest long-term line. False when there is none. */
async function runsOn(wanted: string): Promise<boolean> {
  try {
    const program = wanted === 'lts' ? (await longTermNode(console.log)).command[0]! : resolve(wanted);
    process.env.PATH = `${dirname(program)}${delimiter}${process.env.PATH}`;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  }
  return (await execute('node', ['--version'], {})).code === 0;
}

/** A suite that could not run at all has failed once. */
const NOT_RUN: Result = { passed: 0, failed: 1, faults: ['  could not run, see its output above'] };

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

const FAULT_LENGTH = 1500;

const sum = (results: readonly Result[]): Result => ({
  passed: results.reduce((all, { passed }) => all + passed, 0),
  failed: results.reduce((all, { failed }) => all + failed, 0),
  faults: results.flatMap(({ faults }) => faults),
});

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

function faultsOf({ testResults }: Report): string[] {
  return testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    if (assertionResults.length === 0 && message) return [`  ${file}\n${message.slice(0, FAULT_LENGTH)}`];
    return failed.map(({ fullName, failureMessages }) =>
      `  ${file}: ${fullName}\n${stripVTControlCharacters(failureMessages.join('\n')).slice(0, FAULT_LENGTH)}`.trimEnd(),
    );
  });
}

/** @param shown whether its output comes while it runs, or in one piece at the end */
async function jest(
  name: string,
  env: Env,
  args: string[],
  shown: 'at once' | 'at the end' = 'at once',
): Promise<Result> {
  const report = join(base, `test-${name}.json`);
  await mkdir(base, { recursive: true });
  await rm(report, { force: true });
  const { output } = await execute(
    'node',
    [join(root, 'node_modules/jest/bin/jest.js'), '--json', '--outputFile', report, ...args],
    { ...env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
    { shown },
  );
  if (shown === 'at the end') process.stdout.write(output);
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined) return NOT_RUN;
  const result = JSON.parse(text) as Report;
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return { passed: result.numPassedTests, failed, faults: faultsOf(result) };
}

/** How many systems play their scenarios side by side: they share stores and broker, which no scenario touches, and mostly wait. What measures time is in `*.alone.spec.ts`. */
const AT_THE_SAME_TIME = 3;
const LONGEST_FIRST = ['academy', 'lecture', 'reward', 'insurance', 'rental'];

/** Does something while systems run, afresh and in a home of their own. @param wanted a system, or all */
async function onSystems<T>(
  { profile, env, wanted, words = ['--no-console', '--grpc'] }: Running,
  work: (isUp: boolean) => Promise<T>,
): Promise<T> {
  const run = (...words: string[]): Promise<{ code: number }> => execute(join(root, 'run'), words, env);
  if (existsSync(env.MADANG_HOME!)) await run('down');
  await rm(env.MADANG_HOME!, { recursive: true, force: true });
  try {
    return await work((await run('up', wanted, '--profile', profile, '--detach', ...words)).code === 0);
  } finally {
    await run('down');
  }
}

/** All that needs the whole system: the tests know it by its address. */
async function system(profile: Profile, args: string[]): Promise<Result> {
  const at = args.indexOf('--system');
  const only = at < 0 ? undefined : args[at + 1];
  const rest = args.filter((_, index) => at < 0 || (index !== at && index !== at + 1));
  const env = apart(profile, PORTS[profile]);
  return onSystems({ profile, env, wanted: only ?? 'all' }, async (isUp) =>
    isUp ? scenarios(profile, env, rest, only) : NOT_RUN,
  );
}

/** Plays the scenarios on what runs. */
async function scenarios(profile: Profile, env: Env, args: string[], only?: string): Promise<Result> {
  const [waiting, results] = [only ? [only] : [...LONGEST_FIRST], [] as Result[]];
  const lane = async (): Promise<void> => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const files = [
        '--runInBand',
        '--passWithNoTests',
        '--testMatch',
        `**/tests/${name}/scenarios/!(*.alone).spec.ts`,
      ];
      const shown = only ? 'at once' : 'at the end';
      results.push(await jest(`${profile}-${name}`, { ...env, PROFILE: profile }, [...files, ...args], shown));
    }
  };
  await Promise.all(Array.from({ length: AT_THE_SAME_TIME }, lane));
  const alone = ['--passWithNoTests', '--testMatch', `**/tests/${only ?? '*'}/scenarios/*.alone.spec.ts`, ...args];
  results.push(await jest(`${profile}-alone`, { ...env, PROFILE: profile }, ['--runInBand', ...alone]));
  if (profile === 'full' && !only && args.length === 0) results.push(await consoleOn(profile, env));
  return sum(results);
}

/** The core of what the console promises, before the system that runs: at last, as it stops and kills services. */
async function consoleOn(profile: Profile, env: Env): Promise<Result> {
  if ((await execute(join(root, 'run'), ['up', 'lecture', '--profile', profile, '--detach'], env)).code !== 0)
    return NOT_RUN;
  const files = ['--runInBand', '--forceExit', '--testMatch', '**/tests/browser/console.spec.ts', '-t', 'at its core'];
  return jest(`${profile}-console`, { ...env, PROFILE: profile }, files);
}

/** The console and the pages of the systems in a real browser. */
async function browser(env: Env, args: string[]): Promise<Result> {
  const files = ['--runInBand', '--forceExit', '--testMatch', '**/tests/browser/*.spec.ts'];
  return onSystems({ profile: 'light', env, wanted: 'all', words: [] }, async (isUp) =>
    isUp ? jest('browser', { ...env, PROFILE: 'light' }, [...files, ...args]) : NOT_RUN,
  );
}

/** The tests of every service in Python, a run for each. */
async function python(): Promise<Result> {
  const files = await readdir(join(root, 'services'), { recursive: true });
  const folders = new Set(
    files.filter((file) => /\/test_\w+\.py$/.test(file)).map((file) => `services/${dirname(file)}`),
  );
  const results: Result[] = [];
  for (const folder of folders) {
    const { output } = await execute('python3', ['-m', 'unittest', 'discover', folder], {});
    const ran = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0);
    if (ran === 0) return NOT_RUN;
    const [, troubles = ''] = /^FAILED \((.*)\)/m.exec(output) ?? [];
    const counts = [...troubles.matchAll(/(?:failures|errors)=(\d+)/g)].map(([, count]) => Number(count));
    const failed = counts.reduce((all, count) => all + count, 0);
    results.push({ passed: ran - failed, failed, faults: output.match(/^(?:FAIL|ERROR): .*/gm) ?? [] });
  }
  return folders.size > 0 ? sum(results) : NOT_RUN;
}

/** A program that prints summaries: each of them counts as a test. */
async function counted(file: string, env: Env, args: string[], priority?: 'lowest'): Promise<Result> {
  const { code, output } = await execute('node', ['--import', 'tsx', join(root, file), ...args], env, { priority });
  const summaries = output.matchAll(
    /^unit of work: .*violations (\d+)|^(?:crash test on|simulation of) .*: (\d+) violations|^hostile .*, (\d+) violations|^mutants: .*, (\d+) not found/gm,
  );
  const counts = [...summaries].map((found) => Number(found.slice(1).find((number) => number !== undefined)));
  const failed = counts.filter((count) => count > 0).length;
  const faults = [...output.matchAll(/^VIOLATION .*(?:\n {3}.*){0,12}/gm)].map(([text]) => text.slice(0, FAULT_LENGTH));
  return { passed: counts.length - failed, failed: failed || (code === 0 && counts.length > 0 ? 0 : 1), faults };
}

/** Runs a program, in sight of the user at once or not; answers its exit code, and what it said. */
function execute(
  program: string,
  args: string[],
  env: Env,
  { shown = 'at once', priority }: { shown?: 'at once' | 'at the end'; priority?: 'lowest' | undefined } = {},
): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (priority && child.pid) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
        if (shown === 'at once') process.stdout.write(chunk);
      });
    child.once('error', (error) => {
      console.error(`${program} cannot be started: ${error.message}`);
      done({ code: 1, output });
    });
    child.once('close', (code) => done({ code: code ?? 1, output }));
  });
}

process.exit(await main(process.argv.slice(2)));
