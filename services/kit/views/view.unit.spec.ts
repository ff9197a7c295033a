import fc from 'fast-check';
import { z } from 'zod';
import { event } from '../domain/index.ts';
import type { Received } from '../messaging/policy.ts';
import { type Facts, from, view } from './view.ts';

interface Row {
  readonly id: number;
  readonly stock: number | undefined;
  readonly name: string | undefined;
}
const Stocked = event('Stocked', z.object({ key: z.number(), stock: z.number() }));
const Named = event('Named', z.object({ key: z.number(), name: z.string() }));
const page = view('Page', {
  keyedBy: 'key',
  from: { Stocked: from(Stocked, ({ key }) => key), Named: from(Named, ({ key }) => key) },
  row: (id, { Stocked: stocked, Named: named }): Row => ({ id, stock: stocked?.stock, name: named?.name }),
});

const factsAfter = (events: readonly Received[], before: Facts | null = null): Facts | null =>
  events.reduce((state, one) => {
    const [reaction] = page.policies.flatMap((policy) =>
      policy.event.type === one.type ? [policy.react(one)].flat() : [],
    );
    const after = reaction && 'decide' in reaction ? reaction.decide(state, 1)?.state : null;
    return after ? (after as Facts) : state;
  }, before);

/** Few values, so that versions, subjects and ids tie often; an id names one event. */
const received = fc
  .record({
    type: fc.constantFrom('Stocked', 'Named'),
    version: fc.integer({ min: 0, max: 2 }),
    subject: fc.constantFrom('', 'Gift-1', 'Gift-2'),
    id: fc.integer({ min: 0, max: 3 }),
  })
  .map(
    ({ type, version, subject, id }): Received => ({
      type,
      version,
      subject,
      id: `${subject}/${version}/${id}`,
      traceparent: undefined,
      data: type === 'Stocked' ? { key: 1, stock: id } : { key: 1, name: `${subject}${id}` },
    }),
  );

test('given several documents that publish one type for one row, when events come in any order, then the row is the same', () => {
  fc.assert(
    fc.property(
      fc
        .array(received, { minLength: 1, maxLength: 8 })
        .chain((events) =>
          fc.tuple(
            fc.constant(events),
            fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2, maxLength: events.length * 2 }),
          ),
        ),
      ([events, mixed]) => {
        expect(factsAfter(mixed)).toEqual(factsAfter(events));
      },
    ),
  );
});

test('given a row of an earlier version of the kit, when an event of the same version comes, then it counts', () => {
  const old: Facts = { id: 1, facts: { Stocked: { version: 1_000, data: { stock: 9 } } } };
  const event = { type: 'Stocked', version: 1_000, subject: 'Gift-1', id: 'g', traceparent: undefined };
  const state = factsAfter([{ ...event, data: { key: 1, stock: 4 } }], old);
  expect(page.row(state!)).toMatchObject({ stock: 4 });
});
