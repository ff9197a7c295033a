import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { published } from '../../tools/docs/declared.ts';
import { randomFrom } from '../crash/parts.ts';
import type { Place } from '../crash/snapshot.ts';
import { brokerOf, publishThrough } from './broker.ts';
import { eventAttack, LARGEST } from './event-attacks.ts';
import { greedyAttack, type HttpAttack, pick, singleAttack } from './http-attacks.ts';
import { keyAttack, playKey } from './keys.ts';
import { play } from './player.ts';
import type { Terrain } from './terrain.ts';
import { faultOf, outcomeOf } from './verdict.ts';

/** The attackers of one system, as a process of their own: what they have to do, and what they tell. */

export interface Order {
  readonly place: Place;
  readonly seed: number;
  readonly attackMs: number;
  readonly terrain: Terrain;
  readonly sidecars: readonly { readonly appId: string; readonly port: number }[];
}

export type News =
  | { readonly kind: string; readonly about: string; readonly outcomes: readonly string[] }
  | { readonly fault: string; readonly attack: string };

/** Attackers of each kind at the same time, and how long each rests after an attack: a curious few, no flood. */
const ATTACKERS = { single: 3, greedy: 2, key: 1, event: 1 };
const REST_MS = { single: 60, greedy: 700, key: 400, event: 150 };
/** All messages of an attack together may not fill the broker's disk or memory. */
const MOST_MESSAGE_BYTES = 150_000_000;

const { place, seed, attackMs, terrain, sidecars } = JSON.parse(process.argv[2] ?? '') as Order;
// Elsewhere attackers have a machine of their own: here they take only what the honest clients leave.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
const report = (news: News): void => void process.send?.(news);

const end = Date.now() + attackMs;
const port = Number(new URL(place.gateway).port);
const declared = await published(place.system);
const broker = await brokerOf(place);
let sent = 0;

async function http(attack: HttpAttack): Promise<void> {
  const answers = await play(attack, port);
  report({ kind: attack.kind, about: attack.about, outcomes: outcomeOf(answers) });
  let fault = faultOf(attack, answers);
  // In a storm "try again" may be true: then it is tried again.
  for (let tries = 0; fault?.startsWith('is answered 503') && tries < 2; tries++) {
    await sleep(1_500);
    fault = faultOf(attack, await play(attack, port));
  }
  if (fault) report({ fault: `${attack.kind}: ${fault}`, attack: attack.about });
}

const doings: { [kind in keyof typeof ATTACKERS]: (random: () => number, number: string) => Promise<void> } = {
  single: (random) => http(singleAttack(random, terrain)),
  greedy: (random) => http(greedyAttack(random, terrain)),
  async key(random, number) {
    const one = keyAttack(random, terrain);
    const { statuses, fault } = await playKey(one, place.gateway, `hostile-${seed}-${number}`);
    const about = `POST ${one.path} ${one.body}, then ${one.again}`;
    report({ kind: `key: ${one.again}`, about, outcomes: [statuses.join(', then ')] });
    if (fault) report({ fault: `key: ${fault}`, attack: about });
  },
  async event(random, number) {
    const how = { system: place.system, largest: LARGEST[place.profile], number: `${seed}-${number}` };
    const { kind, about, bytes } = eventAttack(random, declared, how);
    if (sent + bytes.length > MOST_MESSAGE_BYTES) return;
    sent += bytes.length;
    // `null` as an event makes daprd 1.18.2 itself panic (its caller gets a 500, it goes on): nothing of ours is tried by that.
    const sidecar = random() < 0.3 && bytes.toString() !== 'null' ? pick(random, sidecars) : undefined;
    if (sidecar) {
      const status = await publishThrough(sidecar.port, place.system, bytes);
      report({ kind, about: `through ${sidecar.appId}, ${about}`, outcomes: [`sidecar ${status}`] });
    } else {
      await broker.publish(bytes);
      report({ kind, about, outcomes: ['on the topic'] });
    }
  },
};

await Promise.all(
  (Object.keys(ATTACKERS) as (keyof typeof ATTACKERS)[]).flatMap((kind, at) =>
    Array.from({ length: ATTACKERS[kind] }, async (_, number) => {
      const random = randomFrom(seed + 1000 * at + number);
      for (let turn = 0; Date.now() < end; turn++) {
        await doings[kind](random, `${number}-${turn}`).catch((error: Error) =>
          report({ kind, about: error.message, outcomes: [`failed: ${error.message}`] }),
        );
        await sleep(REST_MS[kind] * (0.5 + random()));
      }
    }),
  ),
);
await broker.close();
// What was told is read before the channel closes.
process.once('disconnect', () => process.exit(0));
process.disconnect?.();
