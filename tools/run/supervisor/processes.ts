import { forget, type Recorded, record } from '../infrastructure/runfile.ts';
import { startOf } from '../infrastructure/system.ts';
import type { ProcessSpec, Progress } from '../process.ts';
import { CannotStart, Child } from './child.ts';
import { lastLines, logFile } from './logs.ts';
import type { Action, State } from './status.ts';

/** From the start of a process until it answers; downloads and builds are not counted. */
const startLimitMs = 120_000;

/** All processes of one home, and the record of them by which `down` and the next `up` find what a kill left running. */
export class Processes {
  readonly #progress: Progress;
  readonly #all: Child[] = [];
  #isEnding = false;

  constructor(progress: Progress) {
    this.#progress = progress;
  }

  /** A process that does not run yet. What becomes of it is recorded and told. */
  make(spec: ProcessSpec): Child {
    const child = new Child(spec, logFile(spec.id));
    let before: State = 'stopped';
    child.on('change', () => {
      this.record();
      if (child.state === 'crashed') this.#progress(`${spec.id} ended (${child.lastExit}) and is started again`);
      if (child.state === 'healthy' && child.restarts && before !== 'unhealthy')
        this.#progress(`${spec.id} is healthy again (restart ${child.restarts})`);
      before = child.state;
    });
    this.#all.push(child);
    return child;
  }

  /** @throws Error once everything is being stopped */
  start(children: readonly Child[]): void {
    if (this.#isEnding) throw new Error('It was stopped while it started.');
    for (const child of children) child.start();
  }

  /** Waits for all; the first that fails is named with the end of its log. */
  async healthy(children: readonly Child[]): Promise<void> {
    await Promise.all(
      children.map((child) =>
        child.whenHealthy(startLimitMs).catch((error: unknown) => {
          if (error instanceof CannotStart) throw error;
          const reason = error instanceof Error ? error.message : String(error);
          const log = lastLines(child.spec.id, 8).map((line) => `  ${line}`);
          throw new Error([`${reason}. The end of ${child.logFile}:`, ...log].join('\n'));
        }),
      ),
    );
  }

  /** Does to them what an operator asked for; of an app and its sidecar, the app comes first. */
  async act(children: readonly Child[], action: Action): Promise<void> {
    if (action === 'kill') for (const child of children) child.kill();
    // An app finishes its requests while its sidecar still answers.
    if (action === 'stop' || action === 'restart') for (const child of children) await child.stop();
    if (action === 'start' || action === 'restart') {
      this.start(children);
      await this.healthy(children);
    }
  }

  record(): void {
    const entry = (id: string, kind: Recorded['kind'], pid: number | undefined): Recorded[] => {
      const start = pid && startOf(pid);
      return pid && start ? [{ id, kind, pid, start }] : [];
    };
    record([
      ...entry('supervisor', 'supervisor', process.pid),
      ...this.#all.flatMap(({ spec, pid }) => entry(spec.id, spec.kind, pid)),
    ]);
  }

  /** From now on nothing is started any more. */
  end(): void {
    this.#isEnding = true;
  }

  /** Stops one group after the other, then all that is left. */
  async stop(groups: readonly (readonly Child[])[]): Promise<void> {
    for (const group of [...groups, this.#all]) await Promise.all(group.map((child) => child.stop()));
    forget();
  }

  /** Without draining. */
  kill(): void {
    for (const child of this.#all) child.kill();
    forget();
  }
}
