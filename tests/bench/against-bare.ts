/** The kit against the sidecar calls it cannot do without, in turns, so that both meet the same machine. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, type Cost, costOf, failures, ms, read } from './bench.ts';
import type { Process } from './build.ts';
import { CONNECTIONS, type Load, load, median } from './load.ts';
import { startBare, stopYardsticks } from './yardsticks.ts';

interface Turn extends Load {
  readonly cost: Cost;
}

/** Whom the load asks, and whose work it is. */
interface Side {
  readonly port: number;
  /** The key of its view, before the number of an enrolment. */
  readonly view: string;
  readonly processes: readonly Process[];
}

interface Round {
  readonly kit: Turn;
  readonly bare: Turn;
}

export async function bare(bench: Bench): Promise<void> {
  const { build, stores, options } = bench;
  const alone = ['lecture-class', 'lecture-pay'];
  const others = (await build.services()).map(({ appId }) => appId).filter((appId) => !alone.includes(appId));
  for (const appId of others) await build.run(['stop', appId]);
  const running = await build.processes();
  const kit: Side = {
    port: await build.port('lecture-class'),
    view: 'lecture-class||InquiryMypage',
    processes: running.filter(({ id, kind }) => kind === 'store' || alone.some((name) => id.startsWith(name))),
  };
  const started = await startBare(options.profile, build, stores);
  const ofBare: Side = {
    port: started.port,
    view: 'bench-class||View',
    processes: [...started.processes, ...running.filter(({ kind }) => kind === 'store')],
  };
  await turn(bench, kit, options.warm / 3);
  await turn(bench, ofBare, options.warm / 3);
  const rounds: Round[] = [];
  for (let round = 0; round < options.rounds; round++)
    rounds.push({ kit: await turn(bench, kit), bare: await turn(bench, ofBare) });
  await stopYardsticks();
  if (options.parts.at(-1) !== 'bare') for (const appId of others) await build.run(['start', appId]);
  report(bench, rounds);
}

/** One run under load, with what it began ended. */
async function turn(
  { stores, options }: Bench,
  { port, view, processes }: Side,
  seconds = options.seconds,
): Promise<Turn> {
  const before = await read(stores, processes);
  let newest = 0;
  const enrolled = (id: number): void => {
    newest = id;
  };
  const result = await load(port, seconds, { enrolled });
  // What is left of one must not burden the other.
  for (let tries = 0; tries < 200 && !(await stores.has(`${view}-of-${newest}`)); tries++) await sleep(50);
  return { ...result, cost: costOf(before, await read(stores, processes), processes, result.done) };
}

/** The rows of both sides: medians of their turns. */
function report(bench: Bench, rounds: readonly Round[]): void {
  const of = (who: 'kit' | 'bare', what: (turn: Turn) => number): number => median(rounds.map((one) => what(one[who])));
  const rate = { kit: of('kit', (one) => one.perSecond), bare: of('bare', (one) => one.perSecond) };
  const cpu = { kit: of('kit', (one) => one.cost.cpu.all), bare: of('bare', (one) => one.cost.cpu.all) };
  const failed = [...new Set(rounds.flatMap((one) => [failures(one.kit), failures(one.bare)]))].join('');
  bench.rows.push({
    measure: `class and pay alone, ${CONNECTIONS} connections: enrolments per second`,
    figure: rate.kit.toFixed(0) + failed,
    against: `the same sidecar calls bare: ${rate.bare.toFixed(0)}`,
    ratio: rate.kit / rate.bare,
    goal: 'ratio 0.95',
    met: rate.kit >= 0.95 * rate.bare,
    values: { kit: rate.kit, bare: rate.bare, 'kit / bare': rate.kit / rate.bare },
  });
  const time = (who: 'kit' | 'bare') => ({ p50: of(who, (one) => one.p50), p99: of(who, (one) => one.p99) });
  const times = { kit: time('kit'), bare: time('bare') };
  bench.rows.push({
    measure: 'class and pay alone: p50 / p99',
    figure: `${ms(times.kit.p50)} / ${ms(times.kit.p99)}`,
    against: `bare: ${ms(times.bare.p50)} / ${ms(times.bare.p99)}`,
    ratio: times.kit.p50 / times.bare.p50,
    values: { p50: times.kit.p50, p99: times.kit.p99, 'p50 bare': times.bare.p50, 'p99 bare': times.bare.p99 },
  });
  bench.rows.push({
    measure: 'class and pay alone: CPU per enrolment',
    figure: `${cpu.kit.toFixed(2)} ms`,
    against: `bare: ${cpu.bare.toFixed(2)} ms`,
    ratio: cpu.kit / cpu.bare,
    values: { kit: cpu.kit, bare: cpu.bare, 'kit / bare': cpu.kit / cpu.bare },
  });
  const [last] = rounds.slice(-1);
  if (last) bench.bare = { ...last.bare.cost, cpu: { ...last.bare.cost.cpu, all: cpu.bare } };
}
