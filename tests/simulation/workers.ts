import { fork } from 'node:child_process';
import { once } from 'node:events';
import { print, type Sum } from './report.ts';

/** Which seeds are played. */
export interface Share {
  readonly system?: readonly string[];
  readonly from: number;
  readonly seeds: number;
  readonly minutes: number;
  readonly first?: boolean;
}

/**
 * Has so many processes play the seeds, each one of them in turn, and tells what they came to together.
 * @param file the bundle of the simulation
 * @returns how many seeds failed; a process that did not end in order counts as one
 */
export async function share(file: string, all: Share, workers: number): Promise<number> {
  const { system = [], from, seeds, minutes, first } = all;
  const sums = new Map<string, Sum[]>();
  let failed = 0;
  const work = async (number: number): Promise<void> => {
    const part = { from: from + number, seeds: seeds - number, every: workers, minutes };
    const args = Object.entries(part).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const chosen = system.length > 0 ? ['--system', ...system] : [];
    const child = fork(file, [...args, ...chosen, ...(first ? ['--first'] : [])], { execArgv: [] });
    child.on('message', (sum: Sum) => {
      failed += sum.failed;
      const gathered = [...(sums.get(sum.name) ?? []), sum];
      sums.set(sum.name, gathered);
      if (gathered.length === workers) print(gathered);
    });
    // What it has told may come after its end, but before its connection closes.
    const [[code]] = (await Promise.all([once(child, 'exit'), once(child, 'disconnect')])) as [
      [number | null],
      unknown,
    ];
    if (code !== 0 && failed === 0) failed = 1;
  };
  await Promise.all(Array.from({ length: workers }, (_, number) => work(number)));
  return failed;
}
