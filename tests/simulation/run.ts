import { drawTracesFrom } from '../../services/kit/testing/index.ts';
import { ClientSession, Log, type Subject } from '../crash/client-session.ts';
import { Findings, type Violation } from '../crash/findings.ts';
import type { Snapshot } from '../crash/snapshot.ts';
import { subjects } from '../crash/subjects/index.ts';
import { planBlows } from './blows.ts';
import { Consumers } from './broker.ts';
import { Chance, hex } from './chance.ts';
import { Entrance, shownBy } from './entrance.ts';
import { Replica } from './replica.ts';
import { SecondThoughts } from './second-thoughts.ts';
import { digestOf, snapshotOf } from './simulated-snapshot.ts';
import type { System } from './systems.ts';
import { type Weather, World } from './world.ts';

/** Clients that get no definite answer for so long, and a system that does not come to rest in it, are violations. */
const PATIENCE_MS = 180_000;
const REST_MS = 20 * 60_000;
const LOOK_MS = 4_000;
/** Longer than anything is done again; most runs are looked at for a shorter time, so that there are more of them. */
const STILL_MS = 35_000;
const SHORTLY_STILL_MS = 8_000;

/** What came of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** The troubles that happened: label, tab, what it was. */
  readonly troubles: readonly string[];
  readonly trace: readonly string[];
  readonly accepted: number;
  /** Simulated milliseconds from the last command to rest. */
  readonly rest: number;
  readonly steps: number;
}

/** Runs of a seed are calm or stormy, small or less so. */
function weatherOf(chance: Chance): Weather {
  const dice = chance.stream('weather');
  const storm = dice();
  return {
    calls: storm < 0.15 ? 0 : 0.06 * dice(),
    batches: storm < 0.15 ? 0 : 0.3 * dice(),
    blows: storm < 0.3 ? 0 : dice(),
    replicas: 1 + Math.floor(dice() ** 2 * 3),
    clients: 1 + Math.floor(dice() * 3),
    commands: 2 + Math.floor(dice() * 6),
    profile: dice() < 0.5 ? 'light' : 'full',
  };
}

/**
 * Runs a system under one seed until it is at rest, and judges.
 * @param allowed which troubles may happen, by label; all where nothing is said
 */
export async function simulate(system: System, seed: number, allowed?: (label: string) => boolean): Promise<Outcome> {
  const chance = new Chance(seed, allowed);
  const weather = weatherOf(chance);
  const traces = chance.stream('traces');
  drawTracesFrom(() => hex(traces(), 8));
  return new Run(new World(system, chance, weather)).outcome().finally(() => drawTracesFrom());
}

class Run {
  private readonly replicas: Replica[] = [];
  private readonly consumers: Consumers[] = [];
  private readonly entrance: Entrance;
  private readonly log = new Log();
  private readonly subject: Subject;
  private readonly noticed = new Set<string>();
  private working = 0;

  constructor(private readonly world: World) {
    const { system, weather } = world;
    this.subject = subjects[system.name]!();
    this.entrance = new Entrance(world);
    for (const appId of Object.keys(system.services)) {
      const count = 1 + Math.floor(world.chance.draw(`replicas of ${appId}`) * weather.replicas);
      const all = Array.from({ length: count }, (_, number) => new Replica(world, appId, number + 1));
      this.replicas.push(...all);
      this.consumers.push(new Consumers(world, appId, all));
    }
  }

  async outcome(): Promise<Outcome> {
    const { world, replicas, consumers } = this;
    const { weather, chance, time } = world;
    this.entrance.boot();
    for (const replica of replicas) time.after(50 * chance.draw(`start ${replica.name}`), () => replica.boot());
    const clients = Array.from({ length: weather.clients }, (_, number) => this.client(number));
    planBlows(world, replicas, this.entrance, Math.round(weather.blows * 8), weather.commands * 1_500);
    const atWork = await time.run(() => this.working === 0, PATIENCE_MS * 3);
    if (!atWork) this.log.oddities.push({ about: 'clients', what: 'do not come to an end' });
    void clients;
    const ended = time.now;
    await this.calm();
    let violations = await this.settle(ended);
    const settled = time.now;
    if (violations.length === 0) {
      // Nothing may get worse any more.
      const still = chance.draw('still') < 0.25 ? STILL_MS : SHORTLY_STILL_MS;
      await time.run(() => false, time.now + still);
      violations = await this.judge();
      // An event that was put off may be tried just now, and be half done for a moment; what is wrong stays wrong.
      if (violations.length > 0 || !this.isQuiet) violations = await this.settle(ended);
    }
    const broken = replicas.flatMap(({ broken, name }) => (broken ? [{ about: name, what: broken }] : []));
    const left = consumers.reduce((sum, { backlog }) => sum + backlog, 0);
    if (left > 0) broken.push({ about: world.system.name, what: `${left} messages are not handled` });
    for (const one of [this.entrance, ...replicas]) one.kill();
    world.note(`what is left: ${digestOf(world)}`);
    return {
      seed: chance.seed,
      violations: [...violations, ...broken, ...this.log.oddities],
      troubles: chance.troubles,
      trace: world.trace,
      accepted: this.log.accepted,
      rest: settled - ended,
      steps: time.steps,
    };
  }

  private async client(number: number): Promise<void> {
    const { world } = this;
    this.working++;
    const pause = world.chance.stream(`client ${number}`);
    const way = new SecondThoughts(this.entrance, world, this.log, number);
    const session = new ClientSession(way, this.log, number, world.chance.seed, PATIENCE_MS);
    const client = this.subject.client(session);
    await world.time.sleep(200 * pause());
    for (let done = 0; done < world.weather.commands; done++) {
      await client.next();
      await world.time.sleep(pause() < 0.8 ? 60 * pause() : 2_500 * pause());
    }
    this.working--;
  }

  /** Ends all trouble: what is away comes back, who is dead starts again. */
  private async calm(): Promise<void> {
    const { world } = this;
    world.calm();
    for (const [key, value] of Object.entries(world.system.configuration))
      void world.backend.configuration.set(key, value);
    const all = [this.entrance, ...this.replicas];
    for (const { owner, troubles } of all) {
      owner.pausedUntil = Math.min(owner.pausedUntil, world.time.now);
      if (troubles) troubles.goneUntil = 0;
    }
    await world.time.run(() => false, world.time.now + 9_000);
    for (const one of all) if (!one.isUp) one.boot();
    for (const consumers of this.consumers) consumers.look();
  }

  /** Every message is handled. */
  private get isQuiet(): boolean {
    return this.consumers.every(({ backlog }) => backlog === 0);
  }

  private async settle(from: number): Promise<readonly Violation[]> {
    const { time } = this.world;
    for (;;) {
      await time.run(() => false, time.now + LOOK_MS);
      const isLate = time.now - from > REST_MS;
      if (!this.isQuiet && !isLate) continue;
      const violations = await this.judge();
      if (violations.length === 0 || isLate) return violations;
    }
  }

  private looked(): Snapshot {
    const snapshot = snapshotOf(this.world);
    // Alert, in Python, takes part as what it would have been told.
    const names = new Set(this.world.system.configuration.ALERT_EVENTS?.split(','));
    for (const { id, type } of snapshot.published) if (names.has(type)) this.noticed.add(id);
    return snapshot;
  }

  private async judge(): Promise<readonly Violation[]> {
    const findings = new Findings(this.looked());
    const shown = shownBy(this.entrance, () => [...this.noticed]);
    let over = false;
    const judged = this.subject
      .judge(findings, shown)
      .catch((error: Error) => findings.wrong(this.world.system.name, `cannot be read: ${error.message}`))
      .then(() => {
        over = true;
      });
    await this.world.time.run(() => over, this.world.time.now + 60_000);
    if (!over) findings.wrong(this.world.system.name, 'cannot be judged: a question is not answered');
    void judged;
    return findings.violations;
  }
}
