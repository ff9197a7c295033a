import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { home } from '../paths.ts';

export const logFile = (id: string): string => join(home, 'logs', `${id}.log`);

export function lastLines(id: string, count: number): string[] {
  try {
    const text = readFileSync(logFile(id), 'utf8').trimEnd();
    return text ? text.split('\n').slice(-count) : [];
  } catch {
    return [];
  }
}

/** Bytes in a log; 0 where there is none. */
export const logLength = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/**
 * The port that a program says somebody else has: Node, Python, Go, Redis and Java say the same of it.
 * @param own the port it needs, where it does not name it
 */
export function takenPort(said: string, own: number): number | undefined {
  const line = said.split('\n').find((one) => /EADDRINUSE|address already in use/i.test(one));
  if (line === undefined) return undefined;
  const named = /:(\d{2,5})(?!\d)/.exec(line.slice(line.search(/listen|bind|port|EADDRINUSE/i)));
  return named ? Number(named[1]) : own;
}

/** What was appended since, and how long the file is now; a file that became shorter is a new one. */
export function appended(file: string, since: number): { text: string; length: number } {
  const length = logLength(file);
  const from = length < since ? 0 : since;
  if (length === from) return { text: '', length };
  const buffer = Buffer.alloc(length - from);
  const opened = openSync(file, 'r');
  readSync(opened, buffer, 0, buffer.length, from);
  closeSync(opened);
  return { text: buffer.toString('utf8'), length };
}

const names = () =>
  readdirSync(join(home, 'logs'))
    .filter((name) => name.endsWith('.log'))
    .map((name) => name.slice(0, -4))
    .sort();

/** Prints the end of the logs of an app id (all its replicas), or of all apps; with `follow` also what comes. */
export async function showLogs(appId: string | undefined, how: { sidecar: boolean; follow: boolean }): Promise<void> {
  const isReplica = (name: string) =>
    name.startsWith(`${appId}-`) && /^\d+(\.daprd)?$/.test(name.slice((appId ?? '').length + 1));
  let all: string[] = [];
  try {
    all = names();
  } catch {
    // nothing ran yet
  }
  const ofApp = all.filter((name) => !appId || name.replace('.daprd', '') === appId || isReplica(name));
  const chosen = ofApp.filter((name) => name.endsWith('.daprd') === how.sidecar);
  if (!chosen.length) throw new Error(`There is no log${appId ? ` of "${appId}"` : ''} yet.`);
  const print = (name: string, lines: string[]) => {
    for (const line of lines) process.stdout.write(`${chosen.length > 1 ? `${name} | ` : ''}${line}\n`);
  };
  const ends = new Map(chosen.map((name) => [name, logLength(logFile(name))]));
  for (const name of chosen) print(name, lastLines(name, chosen.length > 1 ? 20 : 200));
  while (how.follow) {
    await sleep(200);
    for (const name of chosen) {
      const { text, length } = appended(logFile(name), ends.get(name) ?? 0);
      ends.set(name, length);
      if (text) print(name, text.trimEnd().split('\n'));
    }
  }
}
