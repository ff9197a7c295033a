/** Looks at systems and judges what is seen, until all is at rest. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log, Subject } from './client-session.ts';
import { Findings, type Violation } from './findings.ts';
import { until } from './parts.ts';
import { shownAt } from './shown.ts';
import { type Place, type Snapshot, takeSnapshot } from './snapshot.ts';

/** Events that wait are worked off; what does not get better for so long is no waiting. */
const REST_MS = 120_000;

/** A system in the test: who works on it, where it is, and what was seen of it last. */
export interface Trial {
  readonly subject: Subject;
  readonly place: Place;
  snapshot?: Snapshot;
  found: Violation[];
}

/** Looks and judges anew; what cannot be read is a violation, too. */
export async function inspect(trial: Trial): Promise<void> {
  try {
    trial.snapshot = await takeSnapshot(trial.place);
    const findings = new Findings(trial.snapshot);
    await trial.subject.judge(findings, shownAt(trial.place));
    trial.found = findings.violations;
  } catch (error) {
    trial.found = [{ about: trial.place.system, what: `cannot be read: ${(error as Error).message}` }];
  }
}

/** Everything that speaks of a violation: documents, events, answers, log lines. */
export async function explain({ about, what }: Violation, trials: readonly Trial[], log: Log): Promise<void> {
  console.log(`VIOLATION ${about}: ${what}`);
  const word = about.replace(/^.*\//, '').replace(/ .*$/, '');
  const speaks = (text: string): boolean =>
    [`${word}"`, `${word}/`, `${word} `, `${word},`].some((end) => text.includes(end));
  const lines: string[] = [];
  for (const { snapshot } of trials) {
    for (const [key, document] of snapshot?.documents ?? [])
      if (speaks(`${key} `) || speaks(JSON.stringify(document))) lines.push(`${key} ${JSON.stringify(document)}`);
    for (const { id, type, data } of snapshot?.published ?? [])
      if (speaks(`${id} `) || speaks(JSON.stringify(data)))
        lines.push(`published ${id} ${type} ${JSON.stringify(data)}`);
  }
  lines.push(...log.refusals.filter(speaks));
  const home = trials[0]?.place.home ?? '';
  for (const file of await readdir(join(home, 'logs'))) {
    if (!file.endsWith('.log') || file === 'debug.log') continue;
    const text = await readFile(join(home, 'logs', file), 'utf8').catch(() => '');
    lines.push(
      ...text
        .split('\n')
        .filter(speaks)
        .slice(-10)
        .map((line) => `${file}: ${line.slice(0, 300)}`),
    );
  }
  for (const line of lines.slice(0, 40)) console.log(`   ${line}`);
}

export const foundOn = (trials: readonly Trial[]): Violation[] => trials.flatMap(({ found }) => found);

/** Looks until nothing is wrong any more, or nothing has got better for long. @returns milliseconds */
export async function untilAtRest(trials: readonly Trial[]): Promise<number> {
  const looking = Date.now();
  let [reported, better, fewest] = [looking, looking, Number.POSITIVE_INFINITY];
  await until(
    async () => {
      for (const trial of trials) await inspect(trial);
      const found = foundOn(trials);
      if (found.length < fewest) better = Date.now();
      fewest = Math.min(fewest, found.length);
      if (Date.now() - reported > 20_000) {
        reported = Date.now();
        console.log(`  not at rest: ${found.length} differences, for example ${JSON.stringify(found[0])}`);
      }
      return found.length === 0 || Date.now() - better > REST_MS;
    },
    10 * REST_MS,
    2_000,
  );
  return Date.now() - looking;
}

/** How much was judged. */
export function seenOn({ place, snapshot }: Trial): string {
  const records = [...(snapshot?.documents.values() ?? [])].filter(({ version }) => typeof version === 'number');
  const events = new Set(snapshot?.published.map(({ id }) => id));
  return `${place.system} ${records.length} documents, ${events.size} events (${snapshot?.published.length} deliveries to the topic)`;
}
