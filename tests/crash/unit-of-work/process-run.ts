import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { home, root } from '../../../tools/run/paths.ts';
import { until } from '../parts.ts';
import type { Line, Orders } from './protocol.ts';
import type { StoreFixture } from './stores.ts';

const program = join(home, 'victim.mjs');
/** A life takes a second or two; one that takes so long hangs. */
const LIMIT_MS = 60_000;

/** Makes the program of all lives. */
export const buildVictim = () =>
  build({
    entryPoints: [join(root, 'tests/crash/unit-of-work/victim.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Some hundred lives begin with reading it.
    minifyWhitespace: true,
    minifySyntax: true,
    banner: { js: "import { createRequire as cr } from 'node:module'; const require = cr(import.meta.url);" },
  });

/** Orders for a life that nothing disturbs. */
export const undisturbed = ({ port, appId, cutPort }: StoreFixture, scenario: string): Orders => ({
  ...{ port, appId, cutPort, scenario, instance: `${appId}-1` },
  ...{ life: 'run', at: 0, trouble: 'none', countFrom: 'command' },
});

/** A child process under orders, with what it said. */
export class ProcessRun {
  readonly lines: Line[] = [];
  readonly child: ChildProcess;
  /** The signal or the exit code. */
  readonly ended: Promise<string>;
  /** It did not end by itself, and was killed: that is no death under orders. */
  hung = false;
  private log = '';

  constructor(orders: Orders, { limitMs = LIMIT_MS, args = [program] } = {}) {
    this.child = spawn(process.execPath, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, VICTIM: JSON.stringify(orders), APP_ID: orders.appId, LOG_LEVEL: 'warn' },
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const said = JSON.parse(line) as Line;
      if (said.what) this.lines.push(said);
      else this.log += `      ${line}\n`;
    });
    const limit = setTimeout(() => {
      this.hung = true;
      this.child.kill('SIGKILL');
    }, limitMs).unref();
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      clearTimeout(limit);
      return String(signal ?? code);
    });
  }

  said(what: string): Line | undefined {
    return this.lines.find((line) => line.what === what);
  }

  async waitFor(what: string): Promise<boolean> {
    return until(async () => this.said(what) !== undefined || this.child.exitCode !== null, 40_000, 5);
  }

  goOn(): void {
    this.child.stdin!.end('\n');
  }

  /** Kills it whatever it does. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  account(): string {
    return `${this.lines.map((line) => `      ${JSON.stringify(line)}`).join('\n')}\n${this.log}`;
  }
}

/** Lives that hung, as findings. @param lives by what they are called */
export const hangs = (lives: Readonly<Record<string, ProcessRun>>): string[] =>
  Object.entries(lives).flatMap(([name, { hung }]) => (hung ? [`${name} hung and was killed`] : []));
