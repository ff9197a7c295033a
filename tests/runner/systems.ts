import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from './jest.ts';
import { apart, type Env, execute, root } from './program.ts';
import { NOT_RUN, type Result, sum } from './result.ts';

export type Profile = 'light' | 'full';
export const PORTS: Readonly<Record<Profile, number>> = { light: 2600, full: 2900 };

/** Systems that run for a suite. */
interface Running {
  readonly profile: Profile;
  readonly env: Env;
  readonly wanted: string;
  /** More that `./run up` is told. */
  readonly words?: readonly string[];
}

/** How many systems play their scenarios side by side: they share stores and broker, which no scenario touches, and mostly wait. What measures time is in `*.alone.spec.ts`. */
const AT_THE_SAME_TIME = 3;
const LONGEST_FIRST = ['academy', 'lecture', 'reward', 'insurance', 'rental'];

/** Does something while systems run, afresh and in a home of their own. @param wanted a system, or all */
export async function onSystems<T>(
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
export async function system(profile: Profile, args: string[]): Promise<Result> {
  const at = args.indexOf('--system');
  const only = at < 0 ? undefined : args[at + 1];
  const rest = args.filter((_, index) => at < 0 || (index !== at && index !== at + 1));
  const env = apart(profile, PORTS[profile]);
  return onSystems({ profile, env, wanted: only ?? 'all' }, async (isUp) =>
    isUp ? scenarios(profile, env, rest, only) : NOT_RUN,
  );
}

/** Plays the scenarios on what runs. */
export async function scenarios(profile: Profile, env: Env, args: string[], only?: string): Promise<Result> {
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
export async function browser(env: Env, args: string[]): Promise<Result> {
  const files = ['--runInBand', '--forceExit', '--testMatch', '**/tests/browser/*.spec.ts'];
  return onSystems({ profile: 'light', env, wanted: 'all', words: [] }, async (isUp) =>
    isUp ? jest('browser', { ...env, PROFILE: 'light' }, [...files, ...args]) : NOT_RUN,
  );
}
