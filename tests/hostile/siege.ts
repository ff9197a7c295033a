import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { routes } from '../../services/gateway/routes.ts';
import type { Status } from '../../tools/run/supervisor/status.ts';
import type { Subject } from '../crash/client-session.ts';
import { until } from '../crash/parts.ts';
import type { Place } from '../crash/snapshot.ts';
import type { News, Order } from './attackers.ts';
import { Honest, p99 } from './honest.ts';
import { judge } from './judge.ts';
import { bodies } from './terrain.ts';
import { Watch } from './watch.ts';

/** Fewer say nothing of a 99th percentile. */
const FEW = 100;
/** Of fewer the 99th percentile is hardly more than the slowest one, and one in a hundred is chance: then only what is nearly an outage counts. */
const MANY = 1_000;
/** What is slower than this is a fault, however slow the quiet phase was; what is faster than so many times the quiet phase's is none. */
const NOTICEABLE_MS = 100;
/** Honest commands and reads that may be told to come again, of a hundred. */
const turnedAway = (all: number): number => (all < MANY ? 5 : 1);
/** What does not come to rest in so long never does. */
const COMES_TO_REST_MS = 45_000;

export interface Siege {
  readonly place: Place;
  readonly subject: Subject;
  readonly seed: number;
  readonly quietMs: number;
  readonly attackMs: number;
  /** How the runner sees it. */
  status(): Promise<Status>;
  /** What the runner says of it to a person, and with which exit code. */
  health(): Promise<{ code: number; text: string }>;
}

/** What was done and found. */
class Record {
  violations = 0;
  private readonly sorts = new Map<string, number>();
  readonly table = new Map<string, Map<string, number>>();
  attacks = 0;
  last = 'none yet';

  constructor(private readonly seed: number) {}

  played(kind: string, about: string, outcomes: readonly string[]): void {
    this.attacks++;
    this.last = `${kind}: ${about}`;
    const row = this.table.get(kind) ?? new Map<string, number>();
    for (const outcome of outcomes) row.set(outcome, (row.get(outcome) ?? 0) + 1);
    this.table.set(kind, row);
  }

  /** Of each sort the first is printed, the others are counted: numbers and texts make no other sort. */
  violation(what: string, attack = this.last): void {
    this.violations++;
    const sort = what.replace(/\d+|"[^"]*"|\{.*/gs, '#').slice(0, 80);
    const before = this.sorts.get(sort) ?? 0;
    this.sorts.set(sort, before + 1);
    if (before > 0) return;
    console.log(
      `VIOLATION ${what}\n   seed ${this.seed}, attack ${this.attacks}, last ${JSON.stringify(attack.slice(0, 300))}`,
    );
  }

  print(): void {
    for (const [kind, row] of [...this.table].sort())
      console.log(
        `  ${kind.padEnd(30)} ${String([...row.values()].reduce((sum, one) => sum + one, 0)).padStart(6)}  ${[...row]
          .sort()
          .map(([outcome, count]) => `${outcome} x${count}`)
          .join(', ')}`,
      );
  }
}

/** Attacks a running system while honest clients work on it. @returns number of violations */
export async function besiege(siege: Siege): Promise<number> {
  const { place, subject, seed } = siege;
  const record = new Record(seed);
  const honest = new Honest(subject, place, seed);
  const paths = Object.keys(routes[place.system] ?? {});
  await honest.start(paths);
  await sleep(siege.quietMs);
  const quiet = { commands: honest.log.took.length, reads: honest.reads.length };
  const watch = new Watch(await siege.status(), place.home);
  console.log(
    `${place.system} on ${place.profile}: quiet phase ${quiet.commands} commands, p99 ${p99(honest.log.took).toFixed(0)} ms; attack begins, seed ${seed}`,
  );

  const ending = new AbortController();
  const observer = observe(siege, { record, honest, watch, ending: ending.signal });
  await attack(siege, record, paths);
  await honest.stop();
  ending.abort();
  await observer;

  compare('commands', honest.log.took, quiet.commands, record);
  compare('reads', honest.reads, quiet.reads, record);
  const away = honest.log.refusals.filter((text) => / was refused: 503 /.test(text));
  for (const [what, turned, all] of [
    ['commands', away, honest.log.tries],
    ['reads', honest.away, honest.asked],
  ] as const)
    if (100 * turned.length > turnedAway(all) * all)
      record.violation(`${turned.length} of ${all} honest ${what} were turned away: ${turned[0]}`);
  console.log(`  honest commands and reads turned away: ${away.length}, ${honest.away.length}`);
  await finish(siege, { record, watch });
  record.print();
  const commands = honest.log.accepted;
  console.log(`  memory (quiet -> peak -> now, MiB): ${watch.memory()}`);
  console.log(
    `hostile ${place.system} on ${place.profile}: ${record.attacks} attacks, ${commands} honest commands, ${record.violations} violations`,
  );
  return record.violations;
}

/** All attackers, until the time is over; in a process of their own, so that their work does not delay the honest clients'. */
async function attack(
  { place, seed, attackMs, status }: Siege,
  record: Record,
  paths: readonly string[],
): Promise<void> {
  const { services } = await status();
  const sidecars = services
    .filter(({ system, service }) => system === place.system && service !== 'gateway')
    .map(({ appId, daprHttpPort }) => ({ appId, port: daprHttpPort }));
  const terrain = { system: place.system, paths, bodies: bodies[place.system] ?? {} };
  const order: Order = { place, seed, attackMs, terrain, sidecars };
  const attackers = fork(new URL('./attackers.ts', import.meta.url), [JSON.stringify(order)], {
    execArgv: ['--import', 'tsx'],
  });
  attackers.on('message', (news: News) => {
    if ('fault' in news) record.violation(news.fault, news.attack);
    else record.played(news.kind, news.about, news.outcomes);
  });
  const [code] = await once(attackers, 'exit');
  if (code !== 0) throw new Error(`the attackers ended with exit code ${code}`);
}

/** Looks every second at what must not happen, so that a violation names the attack it came with. */
async function observe(
  { place, status }: Siege,
  { record, honest, watch, ending }: { record: Record; honest: Honest; watch: Watch; ending: AbortSignal },
): Promise<void> {
  const restarted = new Set<string>();
  let [oddities, troubles] = [0, 0];
  while (!ending.aborted) {
    await sleep(1_000);
    for (const text of [...watch.look(), ...watch.logged().map((line) => `a log shows ${line}`)])
      record.violation(text);
    for (const { about, what } of honest.log.oddities.slice(oddities))
      record.violation(`honest client: ${about} ${what}`);
    oddities = honest.log.oddities.length;
    for (const text of honest.troubles.slice(troubles)) record.violation(`honest client: ${text}`);
    troubles = honest.troubles.length;
    const now = await status().catch(() => undefined);
    if (!now) record.violation(`the runner of ${place.system} does not answer`);
    for (const text of now ? watch.restarted(now) : []) {
      if (!restarted.has(text)) record.violation(text);
      restarted.add(text);
    }
  }
}

function compare(what: string, times: readonly number[], quiet: number, record: Record): void {
  const [before, during] = [p99(times.slice(0, quiet)), p99(times.slice(quiet))];
  const words = `p99 of honest ${what}: ${before.toFixed(0)} ms, under attack ${during.toFixed(0)} ms of ${times.length - quiet}`;
  console.log(`  ${words}`);
  if (Math.min(quiet, times.length - quiet) < FEW) return;
  const slower = quiet < MANY ? 10 : 2;
  if (during > Math.max(slower * before, NOTICEABLE_MS)) record.violation(words);
}

/** What must hold when it is over: all that was promised is there, nothing keeps memory, the runner calls it healthy. */
async function finish(siege: Siege, { record, watch }: { record: Record; watch: Watch }): Promise<void> {
  const { place, subject } = siege;
  let found: { about: string; what: string }[] = [];
  await until(
    async () => {
      found = await judge(subject, place).catch((error: Error) => [
        { about: place.system, what: `cannot be read: ${error.message}` },
      ]);
      return found.length === 0;
    },
    COMES_TO_REST_MS,
    1_000,
  );
  for (const { about, what } of found) record.violation(`not as promised: ${about} ${what}`);
  watch.look();
  for (const text of watch.grown()) record.violation(text);
  let health = { code: 1, text: '' };
  await until(
    async () => {
      health = await siege.health();
      return health.code === 0;
    },
    15_000,
    1_000,
  );
  if (health.code !== 0) record.violation(`./run status ends with ${health.code}: ${health.text.slice(0, 1500)}`);
}
