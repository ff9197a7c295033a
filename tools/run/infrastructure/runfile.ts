import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { home } from '../paths.ts';
import type { ProcessSpec, Progress } from '../process.ts';
import { signal, startOf } from './system.ts';

const file = join(home, 'run.json');

/** A pid alone may meanwhile belong to somebody else; with its start time it cannot. */
export interface Recorded {
  id: string;
  kind: ProcessSpec['kind'] | 'supervisor';
  pid: number;
  start: string;
}

export const isAlive = ({ pid, start }: Recorded): boolean => startOf(pid) === start;

/** The processes of the last run, whatever became of them. */
export function recorded(): Recorded[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Recorded[];
  } catch {
    return [];
  }
}

export function record(processes: Recorded[]): void {
  mkdirSync(home, { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(processes, null, 1));
  renameSync(`${file}.new`, file);
}

export const forget = (): void => rmSync(file, { force: true });

export const supervisorAlive = (): Recorded | undefined =>
  recorded().find((entry) => entry.kind === 'supervisor' && isAlive(entry));

async function end(processes: Recorded[], limitMs: number): Promise<void> {
  for (const { pid } of processes) signal(pid, 'SIGTERM');
  const until = Date.now() + limitMs;
  while (processes.some(isAlive) && Date.now() < until) await sleep(50);
  for (const entry of processes.filter(isAlive)) if (!signal(-entry.pid, 'SIGKILL')) signal(entry.pid, 'SIGKILL');
  while (processes.some(isAlive)) await sleep(20);
}

/** Ends what a supervisor that was killed left running, in the order of an orderly stop. */
export async function endOrphans(progress: Progress): Promise<number> {
  const orphans = recorded().filter((entry) => entry.kind !== 'supervisor' && isAlive(entry));
  if (orphans.length) progress(`stopping ${orphans.length} processes that an earlier run left behind`);
  for (const kind of ['app', 'sidecar', 'infra'] as const) {
    await end(
      orphans.filter((entry) => entry.kind === kind),
      kind === 'infra' ? 20_000 : 10_000,
    );
  }
  forget();
  return orphans.length;
}
