/**
 * One life of a process that works with the kit's unit of work, and dies or loses an answer where it is told to.
 * The trouble comes from outside the kit: the method of Sidecar through which every call goes is wrapped.
 */
import { readSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import {
  aggregate,
  byId,
  type Command,
  cancel,
  change,
  create,
  decided,
  ended,
  event,
  from,
  type Identified,
  type Policy,
  Records,
  Sidecar,
  Unavailable,
  view,
  whenever,
} from '../../services/kit/index.ts';
import { messaging } from '../../services/kit/messaging/messaging.ts';
import { Ids } from '../../services/kit/persistence/ids.ts';
import { UnitOfWork } from '../../services/kit/persistence/unit-of-work.ts';
import { realClock } from '../../services/kit/runtime/clock.ts';

/** Names of what can go wrong at one call to the sidecar. */
export type Trouble = 'none' | 'before' | 'mid' | 'after' | 'lost' | 'drop' | 'late' | 'cut';

/** What the driver tells this process, in the environment variable VICTIM. */
export interface Orders {
  readonly port: number;
  readonly appId: string;
  readonly instance: string;
  /** `recover`: start, wait until told, then run the scenario again as a client or broker would. */
  readonly life: 'run' | 'recover';
  readonly scenario: string;
  /** Which call is troubled, counted from where `countFrom` says: the first call of the start, or of the command. */
  readonly at: number;
  readonly trouble: Trouble;
  readonly countFrom: 'start' | 'command';
  /** Where to ask for the cut of the connection between sidecar and store. */
  readonly cutPort: number;
  /** Publishing is held back: what is committed stays in the outbox. */
  readonly mute?: boolean;
}

interface Thing extends Identified {
  readonly name: string;
}
interface Order extends Identified {
  readonly thingId: number;
  readonly code: string;
  readonly owner: string;
  readonly name: string;
  readonly status: 'OPEN' | 'CANCELED';
}

const orders = JSON.parse(process.env.VICTIM ?? '{}') as Orders;
const say = (what: string, more: object = {}): void => void writeSync(1, `${JSON.stringify({ what, ...more })}\n`);

const fields = z.object({ id: z.number(), name: z.string() });
const ThingMade = event('ThingMade', fields);
const ThingNoted = event('ThingNoted', fields);
const ThingChanged = event('ThingChanged', fields);
const ThingGone = event('ThingGone', fields);
const OrderMade = event('OrderMade', fields);
const OrderChanged = event('OrderChanged', fields);
const OrderCanceled = event('OrderCanceled', fields);

const Thing = aggregate<Thing>('Thing');
const Order = aggregate<Order>('Order', { keyedBy: 'thingId', uniqueBy: ['code'], listBy: ['owner'] });
const rows = view('Row', {
  keyedBy: 'thingId',
  from: { ThingMade: from(ThingMade, (thing) => thing.id), ThingChanged: from(ThingChanged, (thing) => thing.id) },
  row: (id, { ThingMade: made }) => made && { id },
});

const sidecar = new Sidecar(orders.port, orders.appId);
const work = new UnitOfWork(sidecar, orders.instance);
const records = new Records(sidecar, work, new Ids(sidecar));
const policies: Policy[] = [
  whenever(ThingMade, (thing) =>
    create(Order, thing.id, (id) =>
      decided(
        { id, thingId: thing.id, code: `code-${thing.id}`, owner: 'anna', name: thing.name, status: 'OPEN' },
        OrderMade({ id, name: thing.name }),
      ),
    ),
  ),
  whenever(ThingChanged, (thing) =>
    change(Order, thing.id, (order) =>
      decided({ ...order, name: thing.name }, OrderChanged({ id: order.id, name: thing.name })),
    ),
  ),
  whenever(ThingGone, (thing) =>
    cancel(Order, thing.id, (order) => decided({ ...order, status: 'CANCELED' as const }, OrderCanceled(order))),
  ),
  ...rows.policies,
];
const { consumer: intake } = messaging({ sidecar, records, policies, instance: orders.instance, clock: realClock });

/** With an Idempotency-Key, as a client that tries again sends it. */
const keyed = (name: string): Command => ({ cause: `key-${name}`, fingerprint: name });

const makeThing = (command: Command): Promise<Thing> =>
  records.create(Thing, command, (id) => {
    const thing = { id, name: 'made' };
    return decided(thing, ThingMade(thing), ThingNoted(thing));
  });

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

async function begun(finish: (id: number) => Promise<void>): Promise<void> {
  const command = keyed('begun');
  const id = await records.claimId(Thing, command);
  if (await records.get(Thing, id)) return;
  const gone = { id, name: 'never' };
  const intent = await records.intend(Thing, id, ended(ThingGone(gone)));
  say('intended', { id });
  if (orders.scenario === 'abandon' && orders.life === 'run') {
    await intent.abandon();
    return;
  }
  await records.create(Thing, command, () => decided({ id, name: 'made' }, ThingMade({ id, name: 'made' })), { id });
  intent.keep();
  await finish(id);
}

const scenarios: Record<string, { before?: () => Promise<unknown>; command: () => Promise<unknown> }> = {
  create: { command: () => makeThing(keyed('create')) },
  change: {
    before: () => makeThing(keyed('create')),
    command: () =>
      records.change(byId(Thing, 1), keyed('change'), (thing) => {
        const changed = { ...thing, name: `${thing.name}+` };
        return decided(changed, ThingChanged(changed));
      }),
  },
  remove: {
    before: () => makeThing(keyed('create')),
    command: () => records.change(byId(Thing, 1), keyed('remove'), (thing) => ended(ThingGone(thing))),
  },
  enrol: { command: () => begun(async () => undefined) },
  abandon: { command: () => begun(async () => undefined) },
  batch: {
    command: async () => {
      for (let tries = 0; tries < 20; tries++) {
        if ((await intake.take(batch)).every((status) => status === 'SUCCESS')) return;
        await sleep(50);
      }
      throw new Error('the batch was not applied');
    },
  },
  /** Many at once: they share transactions. */
  crowd: { command: () => Promise.all(Array.from({ length: 12 }, (_, i) => makeThing(keyed(`crowd-${i}`)))) },
  /** For the trouble `late`: a write that arrives after it was given up, followed by another record; ends with a kill before anything is published. */
  pair: {
    before: () => makeThing(keyed('create')),
    command: async () => {
      await makeThing(keyed('pair-1'));
      await makeThing(keyed('pair-2'));
    },
  },
  nothing: { command: async () => undefined },
};

let calls = 0;
let counting = false;
const original = sidecar.request.bind(sidecar);
sidecar.request = async (method, path, body, headers) => {
  const mute = orders.mute || (orders.scenario === 'pair' && orders.life === 'run' && counting);
  if (mute && path.includes('/publish/')) throw new Unavailable('muted');
  if (!counting) return original(method, path, body, headers);
  const number = ++calls;
  const call = () => original(method, path, body, headers);
  if (number !== orders.at) return call();
  say('trouble', { number, path });
  const die = (): never => {
    process.kill(process.pid, 'SIGKILL');
    throw new Error('dead');
  };
  switch (orders.trouble) {
    case 'before':
      return die();
    case 'mid':
      void call().catch(() => undefined);
      await sleep(number % 4);
      return die();
    case 'after':
      await call();
      return die();
    case 'lost':
      await call();
      throw new Unavailable('the sidecar broke off its answer: injected');
    case 'drop':
      throw new Unavailable('the sidecar does not answer: injected');
    case 'late':
      setTimeout(() => void call().catch(() => undefined), 25);
      throw new Unavailable('the sidecar broke off its answer: injected');
    case 'cut':
      await fetch(`http://127.0.0.1:${orders.cutPort}/cut`);
      return call();
    default:
      return call();
  }
};

const scenario = scenarios[orders.scenario];
if (!scenario) throw new Error(`there is no scenario ${orders.scenario}`);
await sidecar.ready(20_000);
counting = orders.countFrom === 'start';
await work.outbox.start();
counting = false;
if (orders.life === 'recover') {
  while (work.outbox.backlog > 0) await sleep(5);
  await sleep(30); // the last batch is taken from the queue when the broker has answered
  say('recovered');
  readSync(0, Buffer.alloc(1));
} else if (scenario.before && !orders.mute) {
  await scenario.before();
  await sleep(60);
}
counting = orders.countFrom === 'command';
await scenario.command().then(
  () => say('done', { calls }),
  (error: Error) => say('failed', { reason: error.message, kind: error.constructor.name, calls }),
);
if (orders.scenario === 'pair' && orders.life === 'run') process.kill(process.pid, 'SIGKILL');
if (!orders.mute) await work.close().catch((error: Error) => say('not closed', { reason: error.message }));
counting = false;
say('closed', { calls });
process.exit(0);
