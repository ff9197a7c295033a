import { readFileSync } from 'node:fs';
import type { Status } from '../../tools/run/status.ts';

/** CPU time in ms of every process so far, in user and kernel mode; empty where there is no /proc. */
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
  return times;
}

/** CPU time of each process per enrolment, the greediest first. */
export function cpuTable(before: Map<string, number>, after: Map<string, number>, enrolments: number): string[][] {
  const used = [...after].map(([id, ms]) => [id, (ms - (before.get(id) ?? 0)) / enrolments] as const);
  const total = used.reduce((sum, [, ms]) => sum + ms, 0);
  return [...used.sort((a, b) => b[1] - a[1]), ['all', total] as const].map(([id, ms]) => [
    id,
    ms.toFixed(2),
    `${Math.round((ms / total) * 100)} %`,
  ]);
}
