/** The whole system under load through its gateway: rate, how far what follows is behind, and what an enrolment takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ages, type Bench, both, costOf, EFFECTS, failures, figuresOf, ms, read, settled } from './bench.ts';
import { cpuTable } from './cpu.ts';
import { CONNECTIONS, type Load, load } from './load.ts';
import { profileSidecars } from './profile.ts';
import { type Row, table } from './table.ts';

/** What an implementation like the original reached on two cores: its best rate, and its usual times. */
export const SOURCE = { perSecond: 125, p50: 250, p99: 400, memory: 480 };
/** How often a row of the view is looked for: seldom enough to take nothing from what is measured. */
const POLL_MS = 25;

/** Follows one enrolment at a time until its row is in the view. */
function rowWatch({ stores }: Bench): { enrolled(id: number): void; end(): Promise<number[]> } {
  let newest = 0;
  let loading = true;
  const found: number[] = [];
  const watching = (async () => {
    while (loading) {
      await sleep(4 * POLL_MS);
      const id = newest;
      const since = performance.now();
      if (!id) continue;
      while (!(await stores.has(`lecture-class||InquiryMypage-of-${id}`)) && performance.now() - since < 30_000)
        await sleep(POLL_MS);
      found.push(performance.now() - since);
    }
  })();
  return {
    enrolled(id) {
      newest = id;
    },
    async end() {
      loading = false;
      await watching;
      return found;
    },
  };
}

/** Rate and times of the load. */
function rowsOf(result: Load): Row[] {
  const { perSecond, p50, p99 } = result;
  return [
    {
      measure: `whole system through the gateway, ${CONNECTIONS} connections: enrolments per second`,
      figure: perSecond.toFixed(0) + failures(result),
      against: `source: ${SOURCE.perSecond} at best`,
      ratio: perSecond / SOURCE.perSecond,
      goal: `${SOURCE.perSecond * 3}`,
      met: perSecond >= SOURCE.perSecond * 3,
      values: { 'per second': perSecond },
    },
    {
      measure: 'whole system through the gateway: p50 / p99',
      figure: `${ms(p50)} / ${ms(p99)}`,
      against: 'p99 with its own p50',
      ratio: p99 / p50,
      goal: 'ratio 2',
      met: p99 <= 2 * p50,
      values: { p50, p99 },
    },
  ];
}

/** How far something was behind; `missing`: how often it did not come at all. */
function behind(what: string, found: readonly number[], missing: number): Row {
  const worst = Math.max(...found);
  return {
    measure: `${what} under it: p50 / p99 / longest`,
    figure: `${both(found)} / ${ms(worst)}${missing ? `, ${missing} missing after 20 s` : ''}`,
    goal: '500 ms',
    met: missing === 0 && found.length > 0 && worst <= 500,
    values: { ...figuresOf(found), longest: worst },
  };
}

export async function system(bench: Bench): Promise<void> {
  const { build, stores, rows, options } = bench;
  const at = await build.port('lecture-gateway');
  const processes = await build.processes();
  await stores.published();
  const before = await read(stores, processes);
  const watch = rowWatch(bench);
  const profiled = options.profiles ? profileSidecars(options.profiles, processes, options.seconds) : undefined;
  const result = await load(at, options.seconds, { enrolled: watch.enrolled });
  const atEnd = await read(stores, processes);
  const rowAges = await watch.end();
  await profiled;
  const published = await settled(stores);
  // What follows an enrolment counts too, but not that the topic was read here.
  const after = await read(stores, processes);
  const generator = 'load generator';
  after.cpu.set(generator, atEnd.cpu.get(generator) ?? 0);

  rows.push(...rowsOf(result));
  for (const effect of EFFECTS) {
    const { ages: found, missing } = ages(published, effect);
    rows.push(behind(`payment -> ${effect}`, found, missing));
  }
  rows.push(behind("answer -> row in my page's view", rowAges, 0));
  bench.whole = costOf(before, after, processes, result.done);
  if (options.cpu) {
    const used = cpuTable(before.cpu, after.cpu, result.done);
    process.stdout.write(`${table(['CPU', 'ms per enrolment', 'share'], used)}\n\n`);
  }
}
