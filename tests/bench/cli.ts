/** `npm run bench [-- --profile light|full|both] [--seconds n] [--cpu]` */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';

function seconds(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 600) throw new InvalidArgumentError('Write a whole number.');
  return number;
}

/** Measures each profile in a process of its own, so that neither finds what the other left in memory. */
async function main(args: string[]): Promise<number> {
  const {
    profile,
    seconds: length,
    cpu,
  } = new Command('bench')
    .description('Measures the lecture system and prints a table for each profile.')
    .addOption(
      new Option('--profile <profile>', 'what to measure on').choices(['light', 'full', 'both']).default('both'),
    )
    .option('--seconds <n>', 'length of each run under load', seconds, 8)
    .option('--cpu', 'also CPU time of each process per enrolment', false)
    .parse(args, { from: 'user' })
    .opts<{ profile: 'light' | 'full' | 'both'; seconds: number; cpu: boolean }>();
  for (const one of profile === 'both' ? ['light', 'full'] : [profile]) {
    const code = await measure([one, String(length), ...(cpu ? ['--cpu'] : [])]);
    if (code) return code;
  }
  return 0;
}

function measure(args: [profile: string, ...string[]]): Promise<number> {
  const root = join(import.meta.dirname, '../..');
  const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'tests/bench/main.ts'), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      // Beside a running system, and on stores of its own only.
      MADANG_HOME: join(process.env.MADANG_HOME || join(root, '.madang'), 'bench', args[0]),
      MADANG_PORT_OFFSET: process.env.MADANG_PORT_OFFSET || '3900',
      MADANG_REDIS: '',
      MADANG_MYSQL: '',
      MADANG_KAFKA: '',
    },
  });
  // The child cleans up and ends; this process waits for it.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => child.kill(name));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

process.exit(await main(process.argv.slice(2)));
