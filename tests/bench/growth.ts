/** What grows: the number of replicas, a backlog of events, and a lecture with very many registrations. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, costOf, EFFECTS, failures, ms, read, settled } from './bench.ts';
import { type Load, type LoadOptions, load } from './load.ts';
import { type Published, type Stores, stores as storesOf } from './stores.ts';

/** How long making a backlog, or many registrations, may take. */
const MAKING_SECONDS = 180;
/** How long working it off may take. */
const WORKING_MS = 300_000;
const POLL_MS = 1_000;

/** CPU of an enrolment with several replicas of each service behind the gateway, over that with one. */
export async function replicas(bench: Bench): Promise<void> {
  const { build, stores, options, rows } = bench;
  // alert's files are held by one process.
  const behind = (await build.services()).map(({ appId }) => appId).filter((appId) => !/-(gateway|alert)$/.test(appId));
  const perEnrolment = async (): Promise<number> => {
    const at = await build.port('lecture-gateway');
    // Every replica is new, and gets a part of the load only.
    await load(at, options.warm);
    await settled(stores);
    const processes = await build.processes();
    const before = await read(stores, processes);
    const result = await load(at, options.seconds);
    await settled(stores);
    return costOf(before, await read(stores, processes), processes, result.done).cpu.all;
  };
  const one = await perEnrolment();
  for (const number of options.replicas) {
    const request = ['--replicas', ...behind.map((appId) => `${appId}=${number}`)];
    await build.up('lecture', options.profile, request);
    const several = await perEnrolment();
    rows.push({
      measure: `${number} replicas of each service: CPU per enrolment`,
      figure: `${several.toFixed(2)} ms`,
      against: `enrolments per CPU ms over those of one replica (${one.toFixed(2)} ms)`,
      ratio: one / several,
      goal: 'ratio 0.9',
      met: one / several >= 0.9,
      values: { all: several, 'one / several': one / several },
    });
  }
}

const FOLLOWERS = ['lecture-course', 'lecture-point', 'lecture-gift', 'lecture-alert'];

/** What follows a payment is away while very many are made, and then works them off. */
export async function backlog({ build, stores, options, rows }: Bench): Promise<void> {
  for (const appId of FOLLOWERS) await build.run(['stop', appId]);
  await stores.published();
  // Without those who follow, an enrolment is two events.
  const made = await load(await build.port('lecture-gateway'), MAKING_SECONDS, { limit: options.size / 2 });
  const published = await stores.published();
  const rate = published.length / (made.done / made.perSecond);
  const payments = published.flatMap(({ event }) =>
    event.type === 'PaymentApproved' ? [event.data.classId ?? 0] : [],
  );
  const started = performance.now();
  for (const appId of FOLLOWERS) await build.run(['start', appId]);
  const missing = new Map(EFFECTS.map((effect) => [effect, new Set(payments)]));
  const left = (): number => Math.max(...[...missing.values()].map(({ size }) => size));
  let lasted = 0;
  while (left() > 0 && performance.now() - started < WORKING_MS) {
    await sleep(POLL_MS);
    for (const { event } of await stores.published()) missing.get(event.type)?.delete(event.data.classId ?? 0);
    lasted = (performance.now() - started) / 1000;
  }
  const caught = (published.length * (1 - left() / payments.length)) / lasted;
  rows.push({
    measure: `a backlog of ${published.length.toLocaleString('en')} events caught up: events per second`,
    figure: `${caught.toFixed(0)}${left() > 0 ? `, ${left()} payments not followed` : ''}${failures(made)}`,
    against: `made: ${rate.toFixed(0)}`,
    ratio: caught / rate,
    goal: 'ratio 3',
    met: left() === 0 && caught >= 3 * rate,
    values: { 'per second': caught, 'over the rate it was made': caught / rate },
  });
}

const REGISTRATIONS = '/courseRegistrationSystems';
/** Of those who do something else meanwhile. */
const OTHER_CONNECTIONS = 4;

/** How often each number has an event of this type. */
export function tally(publishedEvents: readonly Published[], type: string): Map<number, number> {
  const times = new Map<number, number>();
  for (const { event } of publishedEvents) {
    const of = event.type === type ? event.data.id : undefined;
    if (of !== undefined) times.set(of, (times.get(of) ?? 0) + 1);
  }
  return times;
}

/** Reads the topic until each of these has its event, for at most a while. */
async function until(stores: Stores, type: string, numbers: ReadonlySet<number>): Promise<Published[]> {
  const events: Published[] = [];
  const end = Date.now() + WORKING_MS;
  const left = new Set(numbers);
  while (left.size > 0 && Date.now() < end) {
    await sleep(POLL_MS);
    const news = await stores.published();
    events.push(...news);
    for (const id of tally(news, type).keys()) left.delete(id);
  }
  return events;
}

/** Opens a lecture at academy's gateway; answers its number. */
async function opened(at: number): Promise<number> {
  let number = 0;
  const command = { path: '/lectureSystems', body: { lectureName: 'Korean history' } };
  const enrolled = (id: number): void => {
    number = id;
  };
  await load(at, 10, { limit: 1, connections: 1, command, enrolled });
  return number;
}

/** Cancels a lecture while others register, until all its registrations are cancelled, for at most a while. */
async function cancel(
  at: number,
  lecture: number,
  others: LoadOptions,
  allCancelled: () => Promise<Published[]>,
): Promise<{ said: Published[]; lasted: number; busy: Load }> {
  let isOver = false;
  const started = performance.now();
  const removed = await fetch(`http://127.0.0.1:${at}/lectureSystems/${lecture}`, { method: 'DELETE' });
  if (removed.status !== 204) throw new Error(`The lecture was not cancelled: ${removed.status}`);
  const meanwhile = load(at, WORKING_MS / 1000, { ...others, isOver: () => isOver });
  const said = await allCancelled();
  const lasted = (performance.now() - started) / 1000;
  isOver = true;
  return { said, lasted, busy: await meanwhile };
}

/** Academy: a lecture with very many registrations is cancelled while others go on registering for another one. */
export async function cancelled({ build, options, rows }: Bench): Promise<void> {
  await build.run(['down']);
  await build.up('academy', options.profile);
  const stores = await storesOf(options.profile, 'academy');
  const at = await build.port('academy-gateway');
  const of = (lectureId: number) => ({ path: REGISTRATIONS, body: { lectureId, studentId: 1 } });
  const [lecture, another] = [await opened(at), await opened(at)];
  const registered = new Set<number>();
  const made = await load(at, MAKING_SECONDS, {
    limit: Math.ceil(options.size / 20),
    command: of(lecture),
    enrolled: (id) => registered.add(id),
  });
  await until(stores, 'CourseRegistrationCompleted', registered);
  const others = { connections: OTHER_CONNECTIONS, command: of(another) };
  const quiet = await load(at, options.seconds, others);
  const { said, lasted, busy } = await cancel(at, lecture, others, () => until(stores, 'CourseCanceled', registered));
  // What comes twice comes soon.
  await sleep(2 * POLL_MS);
  said.push(...(await stores.published()));
  await stores.close();
  const times = tally(said, 'CourseCanceled');
  const left = [...registered].filter((id) => !times.has(id)).length;
  const twice = [...times.values()].filter((count) => count > 1).length;
  rows.push({
    measure: `a lecture with ${registered.size.toLocaleString('en')} registrations cancelled: until the last one is`,
    figure: `${lasted.toFixed(1)} s${left ? `, ${left} not cancelled` : ''}, ${twice} cancelled twice${failures(made)}`,
    goal: 'all, once',
    met: left === 0 && twice === 0,
    values: { seconds: lasted },
  });
  rows.push({
    measure: 'other registrations meanwhile: p99',
    figure: ms(busy.p99) + failures(busy),
    against: `before: ${ms(quiet.p99)}`,
    ratio: busy.p99 / quiet.p99,
    goal: 'ratio 2',
    met: busy.p99 <= 2 * quiet.p99,
    values: { p99: busy.p99, 'p99 / before': busy.p99 / quiet.p99 },
  });
}
