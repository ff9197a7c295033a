/** What both crash tests need: processes, a random source that can be repeated, waiting by condition. */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Minutes for which a system that is judged keeps its events, a week. The judges read every topic from its first event, and
 * the runner lets events go after an hour on Redis: a longer test took those for lost.
 */
export const EVENTS_KEPT_MINUTES = String(7 * 24 * 60);

/** Mulberry32: the same seed gives the same numbers. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Waits until a condition holds; answers whether it did within the limit. */
export async function until(condition: () => Promise<boolean>, limitMs: number, everyMs = 100): Promise<boolean> {
  const end = Date.now() + limitMs;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > end) return false;
    await sleep(everyMs);
  }
  return true;
}

const started = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of started) child.kill('SIGKILL');
});

/** Starts a process that does not outlive this one; its output goes to a file. */
export function background(
  command: readonly string[],
  options: { env?: Record<string, string>; cwd?: string; output: string },
): ChildProcess {
  const [program = '', ...args] = command;
  const output = openSync(options.output, 'a');
  const child = spawn(program, args, {
    stdio: ['ignore', output, output],
    env: { ...process.env, ...options.env },
    ...(options.cwd ? { cwd: options.cwd } : {}),
  });
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}
