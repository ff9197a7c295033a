import { execFileSync } from 'node:child_process';
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

/** Memory of a process that is its own, with its share of what it shares, in MiB; undefined where the system does not tell. */
export function memoryOf(pid: number): number | undefined {
  try {
    const kib = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return kib ? Math.round(Number(kib) / 102.4) / 10 : undefined;
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

/** Who listens on a port, in words. */
function ownerOf(port: number): string {
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
