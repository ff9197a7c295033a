import { execFileSync, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { root } from '../harness/system.ts';

/** A copy of this tree, in which a newcomer may change what they like. */
export interface Copy {
  readonly folder: string;
  /** Runs a program in it; answers what it said. @throws with what it said, when it fails */
  run(program: string, ...args: string[]): Promise<string>;
  /** Runs a line of the tutorial, with the programs of this machine instead of those that install what is missing. */
  line(text: string): Promise<string>;
  remove(): Promise<void>;
}

/** Files that a clone has, and those that are new. */
const files = (): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter(Boolean);

const TSX = ['--import', 'tsx'];

/** @param env of the programs that run in it */
export async function copyOfTree(env: Readonly<Record<string, string>>): Promise<Copy> {
  const folder = await mkdtemp(join(tmpdir(), 'madang-new-'));
  for (const file of files())
    await cp(join(root, file), join(folder, file), { verbatimSymlinks: true }).catch((error: NodeJS.ErrnoException) => {
      // Deleted, and not yet committed.
      if (error.code !== 'ENOENT') throw error;
    });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const words of [
    ['init', '--quiet'],
    ['add', '--all'],
  ])
    execFileSync('git', words, { cwd: folder, stdio: 'ignore' });

  const run = (program: string, ...args: string[]): Promise<string> =>
    new Promise((done, failed) => {
      const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...env } });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString();
        });
      child.once('error', failed);
      child.once('close', (code) =>
        code === 0 ? done(output) : failed(new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`)),
      );
    });
  const line = (text: string): Promise<string> => {
    const [program = '', ...words] = text.split(/\s+/);
    if (program === './run') return run('node', ...TSX, 'tools/run/cli/main.ts', ...words);
    if (program === 'npm' && words[0] === 'test') return run('node', ...TSX, 'tests/run.ts', ...words.slice(2));
    return run(program, ...words);
  };
  return { folder, run, line, remove: () => rm(folder, { recursive: true }) };
}

/** What a reader of the tutorial does: lines to type, and files to write. */
export interface Step {
  readonly line?: string;
  readonly file?: { readonly name: string; readonly text: string };
}

/** The steps of docs/tutorial.md, in their order. */
export async function tutorial(): Promise<Step[]> {
  const text = await readFile(join(root, 'docs/tutorial.md'), 'utf8');
  return [...text.matchAll(/^```(sh|ts (\S+))\n(.*?)^```$/gms)].flatMap(([, , name, content = '']): Step[] =>
    name
      ? [{ file: { name, text: content } }]
      : content
          .trim()
          .split('\n')
          .map((line) => ({ line })),
  );
}

/** Does a step that is no command. */
export const write = ({ folder }: Copy, { name, text }: { name: string; text: string }): Promise<void> => {
  if (!join(folder, dirname(name)).startsWith(folder)) throw new Error(`${name} is outside of the copy`);
  return writeFile(join(folder, name), text);
};
