import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { home } from '../../tools/run/paths.ts';
import type { Profile } from '../../tools/run/process.ts';
import type { ServiceStatus } from '../../tools/run/supervisor/status.ts';

/** A process of the running system. */
export interface Process {
  readonly id: string;
  readonly pid: number;
  readonly kind: 'app' | 'sidecar' | 'store';
}

/**
 * A checkout of this repository, of whatever age, driven by what its `./run` has always had: `up`, `status --json`, `stop`
 * and `down`. Its home and ports are those of this process.
 */
export class Build {
  private running: ReturnType<typeof spawn> | undefined;
  /** What `./run up` says of itself: an old one has no console. */
  private known = '';

  constructor(readonly root: string) {}

  /** Starts lecture with nothing left of former runs, and answers the seconds it took. */
  async fresh(profile: Profile, env: NodeJS.ProcessEnv = {}): Promise<number> {
    await this.run(['down']);
    rmSync(home, { recursive: true, force: true });
    this.known = await this.run(['up', '--help']);
    const started = performance.now();
    await this.up('lecture', profile, [], env);
    return (performance.now() - started) / 1000;
  }

  /** Starts what is not running yet, without a console where there is one. */
  async up(system: string, profile: Profile, more: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<void> {
    const bare = this.known.includes('--no-console') ? ['--no-console'] : [];
    await this.run(['up', system, '--profile', profile, '--detach', ...bare, ...more], env);
  }

  /** @throws Error with the last line it said when it fails */
  async run(args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    // A process group of its own: Ctrl+C is passed on by `end`, once.
    const child = spawn(join(this.root, 'run'), args, {
      cwd: this.root,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.running = child;
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    // Not `close`: what it starts may keep its output open.
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    this.running = undefined;
    if (code === 0) return output;
    throw new Error(`./run ${args.join(' ')}: ${(errors || output).trim().split('\n').at(-1)}`);
  }

  /** Ends a command that runs, and the system. */
  async end(): Promise<void> {
    const running = this.running;
    if (running?.kill('SIGTERM')) await new Promise((resolve) => running.once('exit', resolve));
    await this.run(['down']);
  }

  async services(): Promise<ServiceStatus[]> {
    const found = JSON.parse(await this.run(['status', '--json'])) as ServiceStatus[] | { services: ServiceStatus[] };
    return Array.isArray(found) ? found : found.services;
  }

  async port(appId: string): Promise<number> {
    return (await this.services()).find((service) => service.appId === appId)?.port ?? 0;
  }

  /** Apps, sidecars, stores and broker. Stores and broker are told by their parent, which only Linux tells. */
  async processes(): Promise<Process[]> {
    const known = (await this.services()).flatMap(({ app, sidecar }) => [
      { id: app.id, pid: app.pid ?? 0, kind: 'app' as const },
      { id: sidecar.id, pid: sidecar.pid ?? 0, kind: 'sidecar' as const },
    ]);
    const parents = parentsOf();
    const supervisor = parents.get(known[0]?.pid ?? 0);
    const under = (pid: number): boolean => {
      const parent = parents.get(pid);
      return parent !== undefined && (parent === supervisor || under(parent));
    };
    const others = supervisor
      ? [...parents.keys()].filter((pid) => under(pid) && !known.some((one) => one.pid === pid))
      : [];
    const stores = others.flatMap((pid) => {
      const [program = '', ...args] = commandOf(pid);
      const isConsole = args.some((arg) => basename(arg).startsWith('console.'));
      return program && !isConsole ? [{ id: basename(program), pid, kind: 'store' as const }] : [];
    });
    return [...known, ...stores];
  }
}

/** The words of a process's command line; none where there is no /proc. */
export function commandOf(pid: number): string[] {
  return procFile(pid, 'cmdline').split('\0').filter(Boolean);
}

/** A file of /proc; empty where there is none, or the process has ended. */
export function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}

/** The fields of /proc/<pid>/stat after the name, which may have blanks; the first is the state. */
export const statOf = (pid: number): string[] => {
  const stat = procFile(pid, 'stat');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

function parentsOf(): Map<number, number> {
  const pids = existsSync('/proc/self/stat') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  return new Map(pids.map((pid) => [Number(pid), Number(statOf(Number(pid))[1])]));
}
