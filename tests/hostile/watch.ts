import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Status } from '../../tools/run/supervisor/status.ts';

/** Watches the processes of a running system from outside: memory, restarts, logs. */

interface Watched {
  readonly id: string;
  readonly isInfrastructure: boolean;
  readonly pid: number;
  readonly quietMiB: number;
  peakMiB: number;
  nowMiB: number;
}

/** Nothing that a service or its sidecar holds for clients or messages may weigh more. */
const MOST_MIB = 600;
/** After the attack, of what it was before; less than this amount is none: Go gives memory back only after minutes. */
const MOST_GROWTH = 2.5;
const NO_GROWTH_MIB = 350;

/** Lines that no client and no message may cause. */
const ALARMING =
  /unhandled|uncaught|\bat [^\s"\\]+ \(?[^\s"\\]+:\d+:\d+|^panic:|^fatal error:|^goroutine \d+ \[|Traceback \(most recent call last\)|heap out of memory/im;

function rssMiB(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib ? Number(kib) / 1024 : undefined;
  } catch {
    return undefined;
  }
}

const processesOf = (status: Status) => [
  ...status.services.flatMap(({ app, sidecar }) => [app, sidecar].map((one) => ({ ...one, isInfrastructure: false }))),
  ...status.infrastructure.map((one) => ({ ...one, isInfrastructure: true })),
];

export class Watch {
  private readonly watched: Watched[];
  private readonly restarts: ReadonlyMap<string, number>;
  private readonly logs = new Map<string, number>();

  /** Begins with the system as it is now, which is quiet. */
  constructor(
    status: Status,
    private readonly home: string,
  ) {
    const all = processesOf(status);
    this.restarts = new Map(all.map(({ id, restarts }) => [id, restarts]));
    this.watched = all.flatMap(({ id, pid, isInfrastructure }) => {
      const quietMiB = pid ? rssMiB(pid) : undefined;
      return pid && quietMiB ? [{ id, pid, isInfrastructure, quietMiB, peakMiB: quietMiB, nowMiB: quietMiB }] : [];
    });
    for (const [file, length] of this.logFiles()) this.logs.set(file, length);
  }

  private logFiles(): [file: string, length: number][] {
    const folder = join(this.home, 'logs');
    return readdirSync(folder)
      .filter((name) => name.endsWith('.log') && name !== 'debug.log')
      .map((name) => [name, statSync(join(folder, name)).size]);
  }

  /** To be called every second. @returns processes that have become too large since the last look */
  look(): string[] {
    const found: string[] = [];
    for (const one of this.watched) {
      const before = one.peakMiB;
      one.nowMiB = rssMiB(one.pid) ?? one.nowMiB;
      one.peakMiB = Math.max(one.peakMiB, one.nowMiB);
      if (!one.isInfrastructure && one.peakMiB > MOST_MIB && before <= MOST_MIB)
        found.push(`${one.id} takes ${one.peakMiB.toFixed(0)} MiB, ${one.quietMiB.toFixed(0)} before`);
    }
    return found;
  }

  /** @returns processes that keep too much of what the attack made them take */
  grown(): string[] {
    return this.watched
      .filter(
        ({ isInfrastructure, nowMiB, quietMiB }) =>
          !isInfrastructure && nowMiB > Math.max(MOST_GROWTH * quietMiB, NO_GROWTH_MIB),
      )
      .map(({ id, nowMiB, quietMiB }) => `${id} keeps ${nowMiB.toFixed(0)} MiB, ${quietMiB.toFixed(0)} before`);
  }

  /** The largest growth, for the report. */
  memory(): string {
    return [...this.watched]
      .sort((a, b) => b.peakMiB / b.quietMiB - a.peakMiB / a.quietMiB)
      .slice(0, 6)
      .map(
        ({ id, quietMiB, peakMiB, nowMiB }) =>
          `${id} ${quietMiB.toFixed(0)} -> ${peakMiB.toFixed(0)} -> ${nowMiB.toFixed(0)}`,
      )
      .join(', ');
  }

  /** @returns processes that were started again */
  restarted(status: Status): string[] {
    return processesOf(status)
      .filter(({ id, restarts }) => restarts > (this.restarts.get(id) ?? 0))
      .map(
        ({ id, restarts, lastExit }) =>
          `${id} was started again ${restarts - (this.restarts.get(id) ?? 0)} times (${lastExit})`,
      );
  }

  /** @returns alarming log lines since the last look, the first of each file */
  logged(): string[] {
    return this.logFiles().flatMap(([file, length]) => {
      const from = this.logs.get(file) ?? 0;
      this.logs.set(file, length);
      const text = read(join(this.home, 'logs', file), from, length);
      const found = ALARMING.exec(text);
      if (!found) return [];
      const start = text.lastIndexOf('\n', found.index) + 1;
      return [
        `${file}: ${text
          .slice(start, start + 400)
          .split('\n')
          .slice(0, 3)
          .join(' ')}`,
      ];
    });
  }
}

function read(file: string, from: number, to: number): string {
  if (to <= from) return '';
  const buffer = Buffer.alloc(to - from);
  const opened = openSync(file, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(opened, buffer, 0, buffer.length, from));
  } finally {
    closeSync(opened);
  }
}
