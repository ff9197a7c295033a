import { type Outcome, simulate } from './run.ts';
import { shrink } from './shrink.ts';
import type { System } from './systems.ts';

const labelOf = (trouble: string): string => trouble.split('\t')[0]!;

/** Tells a failure: what is wrong, the seed that shows it, and the fewest troubles that are enough for it. */
export async function report(system: System, outcome: Outcome, shrunk: boolean): Promise<void> {
  const { seed, violations, troubles } = outcome;
  console.log(
    `VIOLATION in ${system.name}, seed ${seed}: ${violations.length} differences, ${troubles.length} troubles`,
  );
  for (const { about, what } of violations.slice(0, 6)) console.log(`   ${about}: ${what}`);
  if (!shrunk) return;
  const kept = await shrink(troubles.map(labelOf), async (only) => {
    const again = await simulate(system, seed, (label) => only.has(label));
    return again.violations.length > 0;
  });
  const fewest = await simulate(system, seed, (label) => new Set(kept).has(label));
  console.log(`   ${fewest.troubles.length} of the troubles are enough:`);
  for (const trouble of fewest.troubles) console.log(`     ${trouble.replace('\t', ': ')}`);
  for (const { about, what } of fewest.violations.slice(0, 6)) console.log(`   then ${about}: ${what}`);
  console.log(`   replay: npm run test:simulation -- --system ${system.name} --seed ${seed}`);
}
