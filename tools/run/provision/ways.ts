import { spawn } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { cache } from '../paths.ts';
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

let engine: Promise<string | undefined> | undefined;

/** The container engine that answers, if any. */
export function containerEngine(): Promise<string | undefined> {
  engine ??= (async () => {
    for (const program of ['docker', 'podman']) {
      if (!(await which(program))) continue;
      const { code } = await run([program, 'version', '--format', '{{.Server.Version}}'], { limitMs: 3000 });
      if (code === 0) return program;
    }
    return undefined;
  })();
  return engine;
}

/** A program in an image: there already, or pulled within two minutes. */
export const container = (name: string, image: string, command: string[], progress: Progress): Way => ({
  name: 'container',
  async find(note) {
    const program = await containerEngine();
    if (!program) return undefined;
    if ((await run([program, 'image', 'inspect', image], { limitMs: 5000 })).code !== 0) {
      progress(`pulling ${image}`);
      const { code, output } = await run([program, 'pull', '-q', image], { limitMs: 120_000 });
      if (code !== 0) {
        note(`${image} could not be pulled: ${output.split('\n').at(-1)}`);
        return undefined;
      }
    }
    const version = image.split(':').at(-1) ?? '';
    return { name, version, way: `container ${image}`, command, env: {}, image };
  },
});

/**
 * The command line that runs a found program with these arguments: as it is, or in a container that
 * sees the folder under its own path and publishes the ports on 127.0.0.1 only.
 */
export async function commandLine(
  found: Found,
  args: string[],
  within: { folder: string; ports: number[]; name?: string },
): Promise<string[]> {
  if (!found.image) return [...found.command, ...args];
  const program = (await containerEngine()) ?? 'docker';
  const [entry = '', ...first] = found.command;
  const line = [
    ...[program, 'run', '--rm', '--entrypoint', entry, '-v', `${within.folder}:${within.folder}`],
    ...['--user', `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`],
    ...within.ports.flatMap((port) => ['-p', `127.0.0.1:${port}:${port}`]),
    ...(within.name ? ['--name', within.name] : []),
    ...[found.image, ...first, ...args],
  ];
  if (!within.name) return line;
  // A killed client leaves its container behind; the next start removes it first.
  const quoted = line.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return ['sh', '-c', `${program} rm -f ${within.name} >/dev/null 2>&1; exec ${quoted}`];
}

/** Address to listen on: a container's own network is not the host's, its ports are published on 127.0.0.1. */
export const listenAddress = (found: Found): string => (found.image ? '0.0.0.0' : '127.0.0.1');

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

interface DebianPackage {
  /** Folder in the cache. */
  folder: string;
  /** Package names, together or one set instead of the other, as distributions have them. */
  packages: string[];
  examine(unpacked: string): Promise<Found | undefined>;
}

const inCache = (wanted: DebianPackage) => join(cache, wanted.folder);

export const unpacked = (wanted: DebianPackage): Way => ({
  name: 'cache',
  find: async () => ((await exists(inCache(wanted))) ? wanted.examine(inCache(wanted)) : undefined),
});

/**
 * Debian and Ubuntu packages without installing them: apt works on a state of its own, downloads what the
 * system lacks, and the files are unpacked into the cache. Works for every user, starts no system service.
 */
export const debian = (wanted: DebianPackage, progress: Progress): Way => ({
  name: 'Debian package',
  async find(note) {
    if (!(await which('apt-get')) || !(await which('dpkg-deb'))) return undefined;
    // A state of its own for every call: two at once would spoil each other's lists.
    await mkdir(cache, { recursive: true });
    const apt = await mkdtemp(join(cache, 'apt.making-'));
    const archives = join(apt, 'archives');
    await mkdir(join(apt, 'state/lists/partial'), { recursive: true });
    await mkdir(join(archives, 'partial'), { recursive: true });
    const options = [
      `Dir::State=${apt}/state`,
      'Dir::State::status=/var/lib/dpkg/status',
      `Dir::Cache=${apt}`,
      'Debug::NoLocking=true',
      // root would otherwise download as a user who cannot write into the cache
      'APT::Sandbox::User=root',
      // Only what the distribution's key has signed.
      'APT::Get::AllowUnauthenticated=false',
      'Acquire::AllowInsecureRepositories=false',
      'Acquire::http::Timeout=10',
      'Acquire::Retries=1',
    ];
    const command = ['apt-get', '-qq', ...options.flatMap((option) => ['-o', option])];
    try {
      progress(`reading the package lists for ${wanted.packages[0]}`);
      await run([...command, 'update'], { limitMs: 90_000 });
      for (const names of wanted.packages) {
        progress(`downloading ${names} and what it needs (unpacked into the cache, not installed)`);
        const download = ['--download-only', '--no-install-recommends', '-y', 'install', ...names.split(' ')];
        const { code, output } = await run([...command, ...download], { limitMs: 180_000 });
        if (code !== 0) {
          note(`${names}: ${output.split('\n').findLast((line) => line.startsWith('E:')) ?? output}`);
          continue;
        }
        await makeOnce(inCache(wanted), async (unfinished) => {
          for (const file of await readdir(archives)) {
            if (!file.endsWith('.deb')) continue;
            const unpack = await run(['dpkg-deb', '-x', join(archives, file), unfinished], { limitMs: 60_000 });
            if (unpack.code !== 0) throw new Error(unpack.output);
          }
        });
        return await wanted.examine(inCache(wanted));
      }
    } finally {
      await rm(apt, { recursive: true, force: true });
    }
    return undefined;
  },
});

/** Where unpacked packages keep their libraries. */
export async function libraryPath(folder: string): Promise<Record<string, string>> {
  const folders: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    const names = await readdir(join(folder, base)).catch(() => []);
    folders.push(...names.filter((name) => name.includes('-linux-')).map((name) => join(folder, base, name)));
  }
  return { LD_LIBRARY_PATH: folders.join(':') };
}
