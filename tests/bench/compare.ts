/** Two builds in turn, A B A B, so that both meet the same machine; what is told is their ratio and its spread. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../tools/run/provision/ways.ts';
import type { Options } from './options.ts';
import { type Figures, figuresOf, type Round, ratiosOf } from './ratios.ts';
import { type Row, table } from './table.ts';

const GIT_MS = 60_000;
const NPM_MS = 600_000;

/** Measures with these options in a process of its own; answers its exit code. */
export type Measure = (options: Options, name: string) => Promise<number>;

/** @throws Error with the last line of what failed */
async function must(command: string[], cwd: string, limitMs: number): Promise<string> {
  const { code, output } = await run(command, { cwd, limitMs });
  if (code === 0) return output.trim();
  throw new Error(`${command.slice(0, 3).join(' ')}: ${output.trim().split('\n').at(-1)}`);
}

async function installed(path: string): Promise<void> {
  process.stderr.write('installing its npm packages\n');
  const quiet = ['--no-audit', '--no-fund'];
  const { code } = await run(['npm', 'ci', ...quiet], { cwd: path, limitMs: NPM_MS });
  // An old lock file may lack what a newer npm asks for: what it has is used as it is.
  if (code !== 0) await must(['npm', 'install', '--no-save', ...quiet], path, NPM_MS);
}

/** A worktree of the commit with its packages; one that is there already is used again. */
async function checkedOut(root: string, folder: string, commit: string): Promise<{ path: string; name: string }> {
  const full = await must(['git', 'rev-parse', '--verify', `${commit}^{commit}`], root, GIT_MS);
  const name = full.slice(0, 12);
  const path = join(folder, name);
  if (!existsSync(join(path, 'package.json'))) {
    process.stderr.write(`making a worktree of ${name} in ${path}\n`);
    await must(['git', 'worktree', 'add', '--detach', path, full], root, GIT_MS);
  }
  const there = await must(['git', 'rev-parse', 'HEAD'], path, GIT_MS);
  if (there !== full) throw new Error(`${path} is not a worktree of ${name}; move it away.`);
  if (!existsSync(join(path, 'node_modules/.package-lock.json'))) await installed(path);
  return { path, name };
}

const rounded = (value: number): string => Number(value.toPrecision(3)).toString();

/** Compares this checkout with another commit on one profile, and prints how. The worktree stays for the next time. */
export async function compare(
  options: Options,
  { commit, rounds, folder }: { commit: string; rounds: number; folder: string },
  measure: Measure,
): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const { path, name } = await checkedOut(options.root, folder, commit);
  const figures = async (root: string, as: string): Promise<Figures | number> => {
    const file = join(folder, `${as}-${process.pid}.json`);
    try {
      const code = await measure({ ...options, root, file, rounds: 1 }, as);
      return code || figuresOf(JSON.parse(readFileSync(file, 'utf8')) as Row[]);
    } finally {
      rmSync(file, { force: true });
    }
  };
  const found: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`round ${round} of ${rounds}: ${name}, then this checkout\n`);
    const other = await figures(path, name);
    if (typeof other === 'number') return other;
    const own = await figures(options.root, 'own');
    if (typeof own === 'number') return own;
    found.push({ other, own });
  }
  const lines = ratiosOf(found).map((one) => [
    one.name,
    rounded(one.other),
    rounded(one.own),
    one.ratio.toFixed(2),
    `${one.least.toFixed(2)} - ${one.greatest.toFixed(2)}`,
    one.isClear ? '' : 'not clear',
  ]);
  const head = ['measure', name, 'this checkout', 'ratio', `spread of ${rounds} rounds`, ''];
  process.stdout.write(`${options.profile} profile: this checkout over ${name}\n\n${table(head, lines)}\n\n`);
  return 0;
}
