import { endOrphans, supervisorAlive } from '../infrastructure/runfile.ts';
import { portTaken } from '../infrastructure/system.ts';
import { controlPort } from '../paths.ts';
import { seconds } from '../process.ts';
import { control } from '../supervisor/control.ts';
import type { UpOptions } from '../supervisor/status.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { watchServices } from '../supervisor/watch.ts';
import { newSecret } from '../tokens.ts';
import { summary } from './summary.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

/** Is the supervisor until Ctrl+C, SIGTERM or `./run down`. */
export async function stay({ profile, watch, tokens = false, mtls = false, ...request }: UpOptions): Promise<void> {
  const other = supervisorAlive();
  if (other)
    throw new Error(`A supervisor (pid ${other.pid}) is starting or stopping; wait, or end it with ./run down.`);
  const started = Date.now();
  await endOrphans(print);
  const supervisor = new Supervisor(profile, print, tokens || mtls ? newSecret() : undefined);
  let asked = 0;
  const end = (code: number) => {
    const now = Date.now();
    // npm passes Ctrl+C on to a process that has got it already: only a second one after a while is meant as such.
    if (asked && now - asked < 1000) return;
    if (asked) {
      supervisor.killAll();
      process.exit(130);
    }
    asked = now;
    print('stopping (Ctrl+C once more kills)');
    void supervisor.down().then(() => {
      print('stopped');
      process.exit(code);
    });
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end(0));
  await control(supervisor, () => end(0)).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? new Error(portTaken(controlPort, 'the runner')) : error;
  });
  try {
    await supervisor.up({ ...request, mtls });
  } catch (error) {
    // Ctrl+C while starting: stopping is under way and ends the process.
    if (asked) return;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    await supervisor.down();
    process.exit(1);
  }
  if (process.stdout.isTTY) summary(supervisor.status());
  print(`everything is healthy after ${seconds(started)}`);
  if (watch) watchServices(supervisor, print);
}
