import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asBatch, portTaken, signal } from '../infrastructure/system.ts';
import { freePort } from '../paths.ts';
import type { ProcessSpec } from '../process.ts';
import { appended, logLength, takenPort } from './logs.ts';
import type { State } from './status.ts';

const firstDelayMs = 100;
const longestDelayMs = 5000;
/** Health that lasts this long makes earlier crashes forgotten. */
const steadyMs = 2_000;
/** How often, while it starts, its log is looked at for what keeps it from starting. */
const lookMs = 1_000;
/** How long to wait before what is starting is asked again whether it is healthy: of fifty that start at once, asking would take a processor. */
const askAgainMs = (sinceStartMs: number): number => Math.min(250, Math.max(50, sinceStartMs / 10));

/** What will not pass by itself, said in a whole sentence. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/** @throws CannotStart when a process has said that somebody else has its port, and somebody still has it */
async function requirePort({ id, port: own }: ProcessSpec, said: string): Promise<void> {
  const port = takenPort(said, own);
  if (port !== undefined && (await freePort(port)) !== port) throw new CannotStart(portTaken(port, id));
}

/**
 * One process that is kept running: watched, and started again with growing delays when it ends by itself.
 * It leads its own process group, so that Ctrl+C in the terminal reaches only the supervisor.
 */
export class Child extends EventEmitter<{ change: [] }> {
  readonly spec: ProcessSpec;
  readonly logFile: string;
  state: State = 'stopped';
  restarts = 0;
  /** Crashes in a row without ever having been healthy: what keeps doing this will not come up by itself. */
  failures = 0;
  lastExit: string | undefined;
  #process: ChildProcess | undefined;
  #wanted = false;
  #delayMs = firstDelayMs;
  #healthySince = 0;
  #again: NodeJS.Timeout | undefined;
  /** Where the part of the log begins that is of the process as it runs now, or ran last. */
  #logBegin = 0;

  constructor(spec: ProcessSpec, logFile: string) {
    super();
    this.setMaxListeners(0);
    this.spec = spec;
    this.logFile = logFile;
    mkdirSync(dirname(logFile), { recursive: true });
    // The log tells of this run; the one before is kept beside it.
    if (existsSync(logFile)) renameSync(logFile, `${logFile}.1`);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.failures = 0;
    this.#delayMs = firstDelayMs;
    // While the process is still stopping, its exit starts it again.
    if (!this.#process) this.#spawn();
  }

  /** Asks the process to end, insists after its time is over, and returns when it is gone. */
  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#again);
    const running = this.#process;
    if (!running) {
      this.#become('stopped');
      return;
    }
    this.#become('stopping');
    const gone = new Promise((resolve) => running.once('exit', resolve));
    const insist = setTimeout(() => this.kill(), this.spec.stopTimeoutMs);
    running.kill(this.spec.stopSignal);
    await gone;
    clearTimeout(insist);
  }

  /** SIGKILL, without a chance to clean up; unless it is being stopped, this counts as a crash. */
  kill(): void {
    if (this.pid && !signal(-this.pid, 'SIGKILL')) signal(this.pid, 'SIGKILL');
  }

  /** Resolves when healthy; rejects when it was stopped, finds its port taken, keeps crashing, or the time is over. */
  async whenHealthy(limitMs: number): Promise<void> {
    const end = Date.now() + limitMs;
    while (this.state !== 'healthy') {
      if (!this.#wanted) throw new Error(`${this.spec.id} was stopped`);
      if (this.failures >= 5) throw new Error(`${this.spec.id} cannot be started (${this.lastExit})`);
      if (Date.now() > end) throw new Error(`${this.spec.id} was not healthy after ${Math.round(limitMs / 1000)} s`);
      const cancel = new AbortController();
      const changed = new Promise<void>((resolve) => this.once('change', resolve));
      const wait = Math.min(lookMs, Math.max(1, end - Date.now()));
      await Promise.race([changed, sleep(wait, undefined, cancel).catch(() => undefined)]);
      cancel.abort();
      if (this.state === 'starting' || this.state === 'crashed')
        await requirePort(this.spec, appended(this.logFile, this.#logBegin).text);
    }
  }

  #become(state: State): void {
    if (this.state === state) return;
    this.state = state;
    if (state === 'healthy') {
      this.#healthySince = Date.now();
      this.failures = 0;
    }
    this.emit('change');
  }

  #spawn(): void {
    const [program = '', ...args] = [...asBatch(), ...this.spec.command];
    this.#logBegin = logLength(this.logFile);
    const log = openSync(this.logFile, 'a');
    const child = spawn(program, args, {
      cwd: this.spec.cwd,
      env: { ...process.env, ...this.spec.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#process = child;
    this.state = 'starting';
    this.emit('change');
    child.once('error', (error) => {
      // Not started at all: there will be no exit event.
      if (!child.pid) this.#exited(error.message);
    });
    child.once('exit', (code, name) => {
      // Whatever the process started and left behind in its group ends with it.
      if (child.pid) signal(-child.pid, 'SIGKILL');
      this.#exited(name ?? `exit code ${code}`);
    });
    void this.#watch(child);
  }

  #exited(how: string): void {
    this.#process = undefined;
    if (!this.#wanted) {
      this.#become('stopped');
      return;
    }
    if (this.state === 'stopping') {
      this.#spawn();
      return;
    }
    if (this.#healthySince && Date.now() - this.#healthySince >= steadyMs) this.#delayMs = firstDelayMs;
    this.#healthySince = 0;
    this.lastExit = how;
    this.restarts += 1;
    this.failures += 1;
    this.#again = setTimeout(() => this.#spawn(), this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, longestDelayMs);
    this.#become('crashed');
  }

  async #watch(child: ChildProcess): Promise<void> {
    let misses = 0;
    const begin = Date.now();
    while (this.#process === child) {
      const ready = await this.spec.ready().catch(() => false);
      if (this.#process !== child || this.state === 'stopping') return;
      misses = ready ? 0 : misses + 1;
      if (ready) this.#become('healthy');
      // One missed answer on a busy machine is not an illness.
      else if (this.state === 'healthy' && misses >= 3) this.#become('unhealthy');
      await sleep(
        this.state === 'healthy' && !misses ? 2000 : this.state === 'starting' ? askAgainMs(Date.now() - begin) : 500,
      );
    }
  }
}
