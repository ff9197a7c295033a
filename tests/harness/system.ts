import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as client from '../../tools/run/cli/client.ts';
import { configuration } from '../../tools/run/supervisor/configuration.ts';
import { type Action, actions, type Part } from '../../tools/run/supervisor/status.ts';

/** The running system under test: `npm test` has started it, in a home and on ports of its own. */
export const root = resolve(import.meta.dirname, '../..');
export const profile = process.env.PROFILE === 'full' ? 'full' : 'light';
export const home = resolve(process.env.MADANG_HOME ?? join(root, '.madang'));

/**
 * What `./run` does with these words; answers what it prints. Actions and configuration go to the supervisor from here, since a
 * process for each of some hundred of them would take longer than what they do; the rest is the program as a person types it.
 */
export async function run(...words: string[]): Promise<string> {
  const [command = '', name = '', ...rest] = words;
  if (isAction(command)) {
    await client.running();
    await client.act(name, command, partOf(rest[0] ?? (command === 'kill' ? '--app' : '')));
    return '';
  }
  if (command === 'config') {
    const changes = Object.fromEntries(rest.map((word) => word.split(/=(.*)/s).slice(0, 2) as [string, string]));
    const values = await configuration(await client.running(), name, changes);
    return Object.entries(values)
      .map(([key, value]) => `${key}=${value}\n`)
      .join('');
  }
  const { stdout } = await promisify(execFile)(join(root, 'run'), words, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

const isAction = (word: string): word is Action => (actions as readonly string[]).includes(word);
const partOf = (word: string): Part => (word === '--app' ? 'app' : word === '--sidecar' ? 'sidecar' : 'both');

export interface Process {
  readonly appId: string;
  readonly service: string;
  readonly state: string;
  readonly pid: number | null;
  readonly port: number;
  readonly daprHttpPort: number;
  readonly grpcPort: number | null;
  readonly restarts: number;
}

export const processes = async (): Promise<readonly Process[]> => (await client.running()).services;

export async function processOf(appId: string): Promise<Process> {
  const found = (await processes()).find((process) => process.appId === appId);
  if (!found) throw new Error(`${appId} is not in ./run status`);
  return found;
}

/** Most of what is waited for is there at once. What is not may take seconds, and each look takes processor time of several services. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS, LONGER] = [25, 200, 1.4];

/** A machine may be so many times slower than the one on which the limits of the tests were found. */
const SLOWER = 3;
/** Jest's limit of a test that stops and starts services: by then what it waits for has failed by itself. */
export const LONG = 360_000;

/** Waits until `check` passes, that is, throws no more; what it threw last is the reason of the failure. */
export async function eventually<T>(check: () => Promise<T> | T, limitMs = 20_000): Promise<T> {
  const end = Date.now() + SLOWER * limitMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * LONGER)) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** Waits until a process takes requests, and its sidecar has noticed: until then it answers others that the app is not there. */
export const ready = ({ port, daprHttpPort }: Pick<Process, 'port' | 'daprHttpPort'>): Promise<void> =>
  eventually(async () => {
    for (const address of [`${port}/readyz`, `${daprHttpPort}/v1.0/healthz`]) {
      const { status } = await fetch(`http://127.0.0.1:${address}`);
      if (status !== 204) throw new Error(`${address} is not ready: ${status}`);
    }
  }, 60_000);

/** The lines a service wrote into its log that are JSON. */
export async function logLines(appId: string): Promise<Record<string, unknown>[]> {
  return jsonLines(await readFile(join(home, 'logs', `${appId}.log`), 'utf8'));
}

/** The notices of alert: one line for each in its LOG_FILE. */
export async function notices(
  file = 'debug.log',
): Promise<{ id: string; traceparent?: string; data: Record<string, unknown> }[]> {
  return jsonLines(await readFile(join(home, 'logs', file), 'utf8').catch(() => '')) as never;
}

const jsonLines = (text: string): Record<string, unknown>[] =>
  text.split('\n').flatMap((line) => {
    const from = line.indexOf('{');
    try {
      return from < 0 ? [] : [JSON.parse(line.slice(from)) as Record<string, unknown>];
    } catch {
      return [];
    }
  });
