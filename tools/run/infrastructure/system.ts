import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { portOffset } from '../paths.ts';

/** Sends a signal; false when there is no such process. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

let batch: readonly string[] | undefined;

/**
 * What stands before a command so that Linux schedules it as a batch process: one that becomes ready does not push another
 * from its processor, and dozens of processes that call each other on two processors switch less often. Measured: a fifth
 * to a quarter less CPU for an enrolment. Empty where there is no chrt, which keeps the pid, or it is not allowed.
 */
export function asBatch(): readonly string[] {
  const words = ['chrt', '--batch', '0'];
  batch ??= process.platform === 'linux' && spawnSync('chrt', [...words.slice(1), 'true']).status === 0 ? words : [];
  return batch;
}

/** A variable of the environment in which a process was started. The system shows it to the user of the process alone. */
export function environmentOf(pid: number, variable: string): string | undefined {
  const words =
    process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
      : execFileSync('ps', ['-wwE', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).split(' ');
  return words.find((word) => word.startsWith(`${variable}=`))?.slice(variable.length + 1);
}

/** When a process started, in whatever unit: together with its pid it names a process for ever. */
export function startOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // A zombie is gone for every purpose here.
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The kernel takes 5 ms to add up the memory of one process, and many ask how the dozens of a home are. */
const MEMORY_KEPT_MS = 10_000;
const memory = new Map<number, { readonly mib: number; readonly at: number }>();

/**
 * Memory of a process that is its own, with its share of what it shares, in MiB, at most 10 s old; undefined where the
 * system does not tell.
 */
export function memoryOf(pid: number): number | undefined {
  const known = memory.get(pid);
  if (known && Date.now() - known.at < MEMORY_KEPT_MS) return known.mib;
  // With it what is kept of processes that are gone: nobody asks for them again.
  for (const [one, { at }] of memory) if (Date.now() - at >= MEMORY_KEPT_MS) memory.delete(one);
  try {
    const kib = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    if (!kib) return undefined;
    const mib = Math.round(Number(kib) / 102.4) / 10;
    memory.set(pid, { mib, at: Date.now() });
    return mib;
  } catch {
    return undefined;
  }
}

function ownerOnLinux(port: number): number | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === '0A')
      .map((fields) => `socket:[${fields[9]}]`),
  );
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`))
        if (inodes.includes(readlinkSync(`/proc/${pid}/fd/${fd}`))) return Number(pid);
    } catch {
      // ended meanwhile, or belongs to somebody else
    }
  }
  return undefined;
}

/** Who listens on a port, in words: program and process where the system tells. */
export function ownerOf(port: number): string {
  try {
    const pid =
      process.platform === 'linux'
        ? ownerOnLinux(port)
        : Number(
            execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'], { encoding: 'utf8' }).split('\n')[0],
          );
    if (pid) {
      const program = execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim();
      return `${program.slice(0, 80)} (pid ${pid})`;
    }
  } catch {
    // no lsof, or not allowed to look
  }
  return 'another program';
}

export const portTaken = (port: number, who: string): string =>
  `Port ${port}, which ${who} needs, is in use by ${ownerOf(port)}; end that, or set MADANG_PORT_OFFSET (now ${portOffset}) to move all ports.`;
