import { setTimeout as sleep } from 'node:timers/promises';
import { keysOf } from '../infrastructure/configuration-keys.ts';
import { appended, logFile, logLength } from './logs.ts';
import type { Status } from './status.ts';

const LOOK_MS = 100;

/** What a service has not said of changed keys that it reads. */
export interface Unconfirmed {
  /** Its log. */
  readonly id: string;
  readonly keys: readonly string[];
}

/** The keys of a changed configuration that this part of a log says a service has taken, or refused. */
export function answeredIn(log: string, keys: readonly string[]): readonly string[] {
  const lines = log.split('\n').flatMap((line): { message?: unknown; keys?: unknown }[] => {
    try {
      return line.startsWith('{') ? [JSON.parse(line)] : [];
    } catch {
      return [];
    }
  });
  // lecture-alert names no keys: it says what is in force altogether.
  if (lines.some(({ message }) => message === 'Configuration in force')) return keys;
  return keys.filter((key) => lines.some((line) => Array.isArray(line.keys) && line.keys.includes(key)));
}

/**
 * Begins to listen to the healthy services of a system that read some of these keys; to be called before they change.
 * @returns a wait for their word: it ends when all have said it or the time is over, and answers with those that have not
 */
export async function listen(
  running: Status,
  system: string,
  changed: readonly string[],
): Promise<(limitMs: number) => Promise<readonly Unconfirmed[]>> {
  const read = await keysOf(system);
  const heard = running.services
    .filter((one) => one.system === system && one.app.state === 'healthy')
    .map(({ service, app: { id } }) => ({ id, keys: changed.filter((key) => read.get(service)?.has(key)) }))
    .filter(({ keys }) => keys.length > 0)
    .map((one) => ({ ...one, from: logLength(logFile(one.id)) }));
  const silent = (): Unconfirmed[] =>
    heard.flatMap(({ id, keys, from }) => {
      const answered = answeredIn(appended(logFile(id), from).text, keys);
      const rest = keys.filter((key) => !answered.includes(key));
      return rest.length > 0 ? [{ id, keys: rest }] : [];
    });
  return async (limitMs) => {
    const end = Date.now() + limitMs;
    while (silent().length > 0 && Date.now() < end) await sleep(LOOK_MS);
    return silent();
  };
}
