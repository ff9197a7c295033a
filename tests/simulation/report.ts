import { type Outcome, simulate } from './run.ts';
import { shrink } from './shrink.ts';
import type { System } from './systems.ts';

/** What the seeds of a system came to that one process has played. */
export interface Sum {
  readonly name: string;
  readonly seeds: number;
  readonly accepted: number;
  readonly steps: number;
  readonly rest: number;
  readonly failed: number;
  /** How long it took. */
  readonly ms: number;
}

/** Tells what all seeds of one system came to. @param sums of each process that had a share of them */
export function print(sums: readonly Sum[]): void {
  const total = (of: (sum: Sum) => number): number => sums.reduce((all, sum) => all + of(sum), 0);
  const seeds = total((sum) => sum.seeds);
  const minutes = Math.max(...sums.map(({ ms }) => ms)) / 60_000;
  const rest = Math.max(...sums.map((sum) => sum.rest)) / 1000;
  console.log(
    [
      `simulation of ${sums[0]?.name}: ${total(({ failed }) => failed)} violations in ${seeds} seeds`,
      `  ${total(({ accepted }) => accepted)} commands accepted, ${Math.round(total(({ steps }) => steps) / seeds)} steps a seed, at rest ${Math.round(rest)} s after the last command at the latest, ${Math.round(seeds / minutes)} seeds a minute`,
    ].join('\n'),
  );
}

const labelOf = (trouble: string): string => trouble.split('\t')[0]!;

/** Tells a failure: what is wrong, the seed that shows it, and the fewest troubles that are enough for it. */
export async function report(system: System, outcome: Outcome, shrunk: boolean): Promise<void> {
  const { seed, violations, troubles } = outcome;
  const lines = [
    `VIOLATION in ${system.name}, seed ${seed}: ${violations.length} differences, ${troubles.length} troubles`,
    ...violations.slice(0, 6).map(({ about, what }) => `   ${about}: ${what}`),
  ];
  if (shrunk) {
    const kept = await shrink(troubles.map(labelOf), async (only) => {
      const again = await simulate(system, seed, (label) => only.has(label));
      return again.violations.length > 0;
    });
    const fewest = await simulate(system, seed, (label) => new Set(kept).has(label));
    lines.push(
      `   ${fewest.troubles.length} of the troubles are enough:`,
      ...fewest.troubles.map((trouble) => `     ${trouble.replace('\t', ': ')}`),
      ...fewest.violations.slice(0, 6).map(({ about, what }) => `   then ${about}: ${what}`),
      `   replay: npm run test:simulation -- --system ${system.name} --seed ${seed}`,
    );
  }
  // In one piece: others may tell something at the same moment.
  console.log(lines.join('\n'));
}
