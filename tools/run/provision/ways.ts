import { spawn } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Progress } from '../process.ts';

/** Something is missing; the message is one sentence that says what to do. */
export class Unavailable extends Error {}

/** A download is not what was committed or published. No other way is tried, since somebody may have changed it. */
export class Tampered extends Unavailable {}

export interface Found {
  name: string;
  version: string;
  /** Where it came from, in words for a person. */
  way: string;
  command: string[];
  env: Record<string, string>;
  /** Set when the command has to run in a container of this image. */
  image?: string;
}

export interface Way {
  name: string;
  /** Undefined when this way leads nowhere; `note` says why where that helps a person. */
  find(note: (why: string) => void): Promise<Found | undefined>;
}

/** Finds out what a program is; undefined when it will not do. `way`: where it came from, in words for a person. */
export type Examine = (path: string, way: string) => Promise<Found | undefined>;

/** The first way that works. What was seen and refused on the way is part of the sentence when none does. */
export async function firstOf(ways: Way[], advice: string): Promise<Found> {
  const notes: string[] = [];
  for (const way of ways) {
    const found = await way
      .find((why) => notes.push(`${way.name}: ${why}`))
      .catch((error: unknown) => {
        if (error instanceof Tampered) throw error;
        notes.push(`${way.name}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
        return undefined;
      });
    if (found) return found;
  }
  throw new Unavailable(notes.length ? `${advice} (${notes.join('; ')})` : advice);
}

export interface Outcome {
  code: number;
  output: string;
}

/** Runs a command to its end; a missing program or one that takes too long is code -1. */
export function run(
  command: string[],
  options: { limitMs: number; env?: Record<string, string>; cwd?: string; onLine?: Progress } = { limitMs: 5000 },
): Promise<Outcome> {
  return new Promise((answer) => {
    const [program = '', ...args] = command;
    let output = '';
    // An own process group, so that a time limit also ends what the command started.
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const kill = () => {
      try {
        if (child.pid) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // already gone
      }
    };
    const timer = setTimeout(() => {
      output += `\ngave up after ${options.limitMs / 1000} s`;
      kill();
    }, options.limitMs);
    process.once('exit', kill);
    const end = (code: number) => {
      clearTimeout(timer);
      process.off('exit', kill);
      answer({ code, output: output.trim() });
    };
    const read = (chunk: Buffer) => {
      output += chunk;
      for (const line of String(chunk).split('\n')) if (line.trim()) options.onLine?.(line.trim());
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', () => end(-1));
    child.once('close', (code) => end(code ?? -1));
  });
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

export async function which(program: string, more: string[] = []): Promise<string | undefined> {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...more]) {
    const path = join(folder, program);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder && executable) return path;
  }
  return undefined;
}

/**
 * Makes a file or folder of the cache under another name and moves it into place when complete:
 * nobody sees half of it, and of two who make it at once the first wins and the second uses it.
 */
export async function makeOnce(target: string, make: (unfinished: string) => Promise<void>): Promise<string> {
  if (await exists(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  await clearUnfinished(dirname(target));
  const workshop = await mkdtemp(`${target}.making-`);
  try {
    const unfinished = join(workshop, 'it');
    await make(unfinished);
    await rename(unfinished, target).catch(async (error: unknown) => {
      if (!(await exists(target))) throw error;
    });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
  return target;
}

/** What a process that was killed left unfinished; another that is still at work is younger. */
async function clearUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.includes('.making-')) continue;
    const made = await stat(join(folder, name)).catch(() => undefined);
    if (made && Date.now() - made.mtimeMs > 3_600_000) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** At most one line every few seconds, so that a long build shows life without flooding the terminal. */
export function sparse(progress: Progress, text: (count: number) => string, everyMs = 5000): Progress {
  let last = Date.now();
  let count = 0;
  return () => {
    count += 1;
    if (Date.now() - last < everyMs) return;
    last = Date.now();
    progress(text(count));
  };
}

/** Runs `examine` on the first of the programs that is on PATH or in one of these folders and passes. */
export const installed = (programs: string[], examine: Examine, folders: string[] = []): Way => ({
  name: 'PATH',
  async find() {
    for (const program of programs) {
      const path = await which(program, folders);
      const found = path && (await examine(path, path));
      if (found) return found;
    }
    return undefined;
  },
});

/** Homebrew puts programs into its own folder and starts no service by itself. */
export const homebrew = (formula: string, after: Way, progress: Progress): Way => ({
  name: 'Homebrew',
  async find(note) {
    if (process.platform !== 'darwin' || !(await which('brew'))) return undefined;
    progress(`brew install ${formula}`);
    await run(['brew', 'install', '--quiet', formula], { limitMs: 300_000 });
    return after.find(note);
  },
});
