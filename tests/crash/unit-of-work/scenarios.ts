import { setTimeout as sleep } from 'node:timers/promises';
import { byId, type Command, decided, ended, type Records } from '../../../services/kit/index.ts';
import type { Messaging } from '../../../services/kit/messaging/messaging.ts';
import type { Orders } from './protocol.ts';
import { makeThing, Thing, ThingChanged, ThingGone, ThingMade } from './things.ts';

/** What a process does: what has to be there before, and the command that is disturbed. */
export interface Scenario {
  readonly before?: () => Promise<unknown>;
  readonly command: () => Promise<unknown>;
}

/** With an Idempotency-Key, as a client that tries again sends it. */
const keyed = (name: string): Command => ({ cause: `key-${name}`, fingerprint: name });

const incoming = (type: string, id: number, version: number): object => ({
  specversion: '1.0',
  id: `elsewhere-things/Thing-${id}/${version}.0`,
  type,
  subject: `Thing-${id}`,
  aggregateversion: version,
  data: { id, name: type === 'ThingChanged' ? 'changed' : 'made' },
});
const batch = [
  incoming('ThingMade', 1, 1),
  incoming('ThingMade', 2, 1),
  incoming('ThingGone', 3, 2), // overtakes the making of 3
  incoming('ThingChanged', 1, 2),
  incoming('ThingMade', 3, 1),
  incoming('ThingGone', 2, 2),
];

async function takeBatch(intake: Messaging['consumer']): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    if ((await intake.take(batch)).every((status) => status === 'SUCCESS')) return;
    await sleep(50);
  }
  throw new Error('the batch was not applied');
}

/** Makes a thing with an intent to undo it, which the first life of `abandon` does at once. */
async function begin(records: Records, { scenario, life }: Orders, intended: (id: number) => void): Promise<void> {
  const command = keyed('begun');
  const id = await records.claimId(Thing, command);
  if (await records.get(Thing, id)) return;
  const gone = { id, name: 'never' };
  const intent = await records.intend(Thing, id, ended(ThingGone(gone)));
  intended(id);
  if (scenario === 'abandon' && life === 'run') {
    await intent.abandon();
    return;
  }
  await records.create(Thing, command, () => decided({ id, name: 'made' }, ThingMade({ id, name: 'made' })), { id });
  intent.keep();
}

/**
 * All scenarios, by name.
 * @param intended is told the number of a record as soon as the intent for it stands
 */
export function scenariosOf(
  records: Records,
  intake: Messaging['consumer'],
  orders: Orders,
  intended: (id: number) => void,
): Readonly<Record<string, Scenario>> {
  const make = (name: string) => makeThing(records, keyed(name));
  const before = () => make('create');
  return {
    create: { command: () => make('create') },
    change: {
      before,
      command: () =>
        records.change(byId(Thing, 1), keyed('change'), (thing) => {
          const changed = { ...thing, name: `${thing.name}+` };
          return decided(changed, ThingChanged(changed));
        }),
    },
    remove: {
      before,
      command: () => records.change(byId(Thing, 1), keyed('remove'), (thing) => ended(ThingGone(thing))),
    },
    enrol: { command: () => begin(records, orders, intended) },
    abandon: { command: () => begin(records, orders, intended) },
    batch: { command: () => takeBatch(intake) },
    /** Many at once: they share transactions. */
    crowd: { command: () => Promise.all(Array.from({ length: 12 }, (_, i) => make(`crowd-${i}`))) },
    /** For the trouble `late`: a write that arrives after it was given up, followed by another record; ends with a kill before anything is published. */
    pair: { before, command: async () => [await make('pair-1'), await make('pair-2')] },
    nothing: { command: async () => undefined },
  };
}
