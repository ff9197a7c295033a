import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** The running system under test: `./run test` has started it, in a home and on ports of its own. */
export const root = resolve(import.meta.dirname, '..');
export const profile = process.env.PROFILE === 'full' ? 'full' : 'light';
export const home = resolve(process.env.MADANG_HOME ?? join(root, '.madang'));

/** The runner, as a person types it; answers what it prints. */
export async function run(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(join(root, 'run'), words, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

export interface Process {
  readonly appId: string;
  readonly service: string;
  readonly state: string;
  readonly pid: number;
  readonly port: number;
  readonly daprHttpPort: number;
  readonly restarts: number;
}

export const processes = async (): Promise<Process[]> => JSON.parse(await run('status', '--json'));

export async function processOf(appId: string): Promise<Process> {
  const found = (await processes()).find((process) => process.appId === appId);
  if (!found) throw new Error(`${appId} is not in ./run status`);
  return found;
}

/** Waits until `check` passes, that is, throws no more; what it threw last is the reason of the failure. */
export async function eventually<T>(check: () => Promise<T> | T, limitMs = 20_000): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
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
