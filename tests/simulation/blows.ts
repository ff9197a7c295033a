import { SETTINGS } from '../../services/gateway/settings.ts';
import type { Entrance } from './entrance.ts';
import type { Replica } from './replica.ts';
import type { World } from './world.ts';

/** The larger troubles, by name; each takes place at once, and ends by itself. */
type Blow = (world: World, replica: Replica, dice: () => number, entrance: Entrance) => string;

const MINUTE = 60_000;
/** Limits of the gateway that are set so tight for a while, at most, that few clients meet them. */
const LIMITS = [
  ['GATEWAY_IN_WORK', 2],
  ['GATEWAY_IN_WORK_PER_ADDRESS', 2],
  ['GATEWAY_QUEUE_MS', 200],
] as const;

const BLOWS: readonly Blow[] = [
  kill,
  kill,
  kill,
  (world, _, dice, entrance) => kill(world, entrance, dice),
  (world, replica, dice) => {
    const ms = 20_000 * dice();
    replica.stop();
    world.time.after(8_500 + ms, () => revive(replica));
    return `stop ${replica.name}`;
  },
  (_, replica, dice) => {
    const ms = dice() < 0.5 ? 3_000 * dice() : 45_000 * dice();
    replica.pause(ms);
    return `pause ${replica.name} for ${ms.toFixed(0)} ms`;
  },
  (world, replica, dice) => {
    const ms = 10_000 * dice();
    if (replica.troubles) replica.troubles.goneUntil = world.time.now + ms;
    return `sidecar of ${replica.name} away for ${ms.toFixed(0)} ms`;
  },
  (world, _, dice) => {
    const part = dice() < 0.6 ? 'store' : 'broker';
    const ms = dice() < 0.7 ? 5_000 * dice() : 2 * MINUTE * dice();
    world.takeAway(part, ms);
    return `${part} away for ${ms.toFixed(0)} ms`;
  },
  (_, replica, dice) => {
    const by = Math.round((dice() - 0.5) * 6 * MINUTE);
    replica.owner.skew += by;
    return `clock of ${replica.name} set by ${by} ms`;
  },
  (world, _, dice) => {
    const delays = Object.keys(world.system.configuration).filter((key) => key.endsWith('DELAY_MS'));
    const key = delays[Math.floor(dice() * delays.length)];
    if (!key) return 'nothing';
    const value = String(Math.floor(dice() * 1_500));
    void world.backend.configuration.set(key, value);
    world.time.after(15_000 * dice(), () => void world.backend.configuration.set(key, '0'));
    return `${key} is ${value}`;
  },
  (world, _, dice) => {
    const [key, most] = LIMITS[Math.floor(dice() * LIMITS.length)]!;
    const value = String(1 + Math.floor(dice() * most));
    void world.backend.configuration.set(key, value);
    world.time.after(15_000 * dice(), () => void world.backend.configuration.set(key, String(SETTINGS[key])));
    return `${key} is ${value}`;
  },
];

function kill(world: World, one: Replica | Entrance, dice: () => number): string {
  const ms = dice() < 0.8 ? 2_000 * dice() : 40_000 * dice();
  one.kill();
  world.time.after(ms, () => revive(one));
  return `kill ${one.name} for ${ms.toFixed(0)} ms`;
}

const revive = (one: Replica | Entrance): void => {
  if (!one.isUp) one.boot();
};

/** Plans the blows of a run: where and when each comes depends on the seed alone. */
export function planBlows(
  world: World,
  replicas: readonly Replica[],
  entrance: Entrance,
  count: number,
  withinMs: number,
): void {
  for (let number = 0; number < count; number++) {
    const dice = world.chance.stream(`blow ${number} is`);
    const [when, what, whom] = [dice() * withinMs, dice(), dice()];
    world.time.after(when, () => {
      if (world.isCalm) return;
      const replica = replicas[Math.floor(whom * replicas.length)]!;
      let said = '';
      const strike = (): string => {
        said = BLOWS[Math.floor(what * BLOWS.length)]!(world, replica, dice, entrance);
        return `${said} (at ${world.time.now.toFixed(1)} ms)`;
      };
      if (world.chance.strikes(`blow ${number}`, 1, strike)) world.note(said);
    });
  }
}
