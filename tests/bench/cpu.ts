import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { Status } from '../../tools/run/supervisor/status.ts';

const OTHERS = 'other programs of this machine';

/** CPU time in ms of every process so far, in user and kernel mode, and of the whole machine; empty where there is no /proc. */
export function cpuTimes({ services, infrastructure }: Status): Map<string, number> {
  const processes = [...services.flatMap(({ app, sidecar }) => [app, sidecar]), ...infrastructure];
  const times = new Map<string, number>();
  for (const { id, pid } of processes) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      times.set(id, (Number(fields[11]) + Number(fields[12])) * 10);
    } catch {
      // Not Linux, or ended meanwhile.
    }
  }
  const { user, system } = process.cpuUsage();
  times.set('load generator', (user + system) / 1000);
  const ours = [...times.values()].reduce((sum, used) => sum + used, 0);
  const busy = cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
  return times.set(OTHERS, busy - ours);
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
