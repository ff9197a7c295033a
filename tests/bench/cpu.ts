import { cpus } from 'node:os';
import { type Process, statOf } from './build.ts';

const GENERATOR = 'load generator';
const OTHERS = 'other programs of this machine';

/** CPU time in ms of every process so far, in user and kernel mode, and of the whole machine; empty where there is no /proc. */
export function cpuTimes(processes: readonly Process[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { id, pid } of processes) {
    const fields = statOf(pid);
    // Ended meanwhile, or not Linux.
    if (fields.length < 13) continue;
    times.set(id, (times.get(id) ?? 0) + (Number(fields[11]) + Number(fields[12])) * 10);
  }
  const { user, system } = process.cpuUsage();
  times.set(GENERATOR, (user + system) / 1000);
  const ours = [...times.values()].reduce((sum, used) => sum + used, 0);
  const busy = cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
  return times.set(OTHERS, busy - ours);
}

export interface Used {
  readonly app: number;
  readonly sidecar: number;
  readonly store: number;
  /** Of these three, without load generator and other programs; NaN where there is no /proc. */
  readonly all: number;
}

/** CPU time in ms per enrolment. */
export function cpuUsed(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
  processes: readonly Process[],
  enrolments: number,
): Used {
  const of = (kind?: Process['kind']): number => {
    const ids = new Set(processes.filter((one) => !kind || one.kind === kind).map(({ id }) => id));
    let sum = 0;
    for (const id of ids) sum += (after.get(id) ?? Number.NaN) - (before.get(id) ?? Number.NaN);
    return sum / enrolments;
  };
  return { app: of('app'), sidecar: of('sidecar'), store: of('store'), all: of() };
}

/** CPU time of each process per enrolment, the greediest first, and what others took meanwhile. */
export function cpuTable(before: Map<string, number>, after: Map<string, number>, enrolments: number): string[][] {
  const used = [...after].map(([id, ms]) => [id, (ms - (before.get(id) ?? 0)) / enrolments] as const);
  const ours = used.filter(([id]) => id !== OTHERS).sort((a, b) => b[1] - a[1]);
  const total = ours.reduce((sum, [, ms]) => sum + ms, 0);
  return [...ours, ['all of these', total] as const, ...used.filter(([id]) => id === OTHERS)].map(([id, ms]) => [
    id,
    ms.toFixed(2),
    `${Math.round((ms / total) * 100)} %`,
  ]);
}
