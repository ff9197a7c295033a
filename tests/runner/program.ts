import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
/** Where the homes of all suites are. */
export const base = resolve(process.env.MADANG_HOME ?? join(root, '.madang'));
const offset = Number(process.env.MADANG_PORT_OFFSET ?? 0);

export type Env = Record<string, string>;

/** Each suite that starts processes has a home and ports of its own, so that it runs beside a running system. */
export const apart = (name: string, ports: number): Env => ({
  MADANG_HOME: join(base, `test-${name}`),
  MADANG_PORT_OFFSET: String(offset + ports),
});

/** Runs a program, in sight of the user at once or not; answers its exit code, and what it said. */
export function execute(
  program: string,
  args: string[],
  env: Env,
  { shown = 'at once', priority }: { shown?: 'at once' | 'at the end'; priority?: 'lowest' | undefined } = {},
): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (priority && child.pid) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
        if (shown === 'at once') process.stdout.write(chunk);
      });
    child.once('error', (error) => {
      console.error(`${program} cannot be started: ${error.message}`);
      done({ code: 1, output });
    });
    child.once('close', (code) => done({ code: code ?? 1, output }));
  });
}
