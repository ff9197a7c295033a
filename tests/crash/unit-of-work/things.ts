/** The small domain of the process that dies: things, and orders and rows that policies make of their events. */
import { z } from 'zod';
import {
  aggregate,
  type Command,
  cancel,
  change,
  create,
  decided,
  event,
  from,
  type Identified,
  type Policy,
  type Records,
  view,
  whenever,
} from '../../../services/kit/index.ts';

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

const fields = z.object({ id: z.number(), name: z.string() });
export const ThingMade = event('ThingMade', fields);
const ThingNoted = event('ThingNoted', fields);
export const ThingChanged = event('ThingChanged', fields);
export const ThingGone = event('ThingGone', fields);
const OrderMade = event('OrderMade', fields);
const OrderChanged = event('OrderChanged', fields);
const OrderCanceled = event('OrderCanceled', fields);

export const Thing = aggregate<Thing>('Thing');
const Order = aggregate<Order>('Order', { keyedBy: 'thingId', uniqueBy: ['code'], listBy: ['owner'] });
const rows = view('Row', {
  keyedBy: 'thingId',
  from: { ThingMade: from(ThingMade, (thing) => thing.id), ThingChanged: from(ThingChanged, (thing) => thing.id) },
  row: (id, { ThingMade: made }) => made && { id },
});

export const policies: readonly Policy[] = [
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

export const makeThing = (records: Records, command: Command): Promise<Thing> =>
  records.create(Thing, command, (id) => {
    const thing = { id, name: 'made' };
    return decided(thing, ThingMade(thing), ThingNoted(thing));
  });
