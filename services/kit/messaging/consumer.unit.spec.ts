import { z } from 'zod';
import {
  aggregate,
  CalleeUnavailable,
  cancel,
  change,
  create,
  createOrChange,
  decided,
  ended,
  event,
  integer,
  type Policy,
  RuleViolation,
  Unavailable,
  whenever,
} from '../index.ts';
import { brokenOff } from '../persistence/given-records.ts';
import { type Handling, handling } from '../testing/handling.ts';
import { type Call, ManualClock, MemoryBackend } from '../testing/index.ts';
import type { DeadLetter } from './dead-letters.ts';

interface Box {
  readonly id: number;
  readonly key: string;
  readonly seen: readonly string[];
}
const Box = aggregate<Box>('Box', { keyedBy: 'key' });
const keyed = z.object({ key: z.string() });
const Made = event('Made', keyed);
const Changed = event('Changed', keyed.extend({ name: z.string() }));
const Gone = event('Gone', keyed);
const Both = event('Both', keyed);
const Published = event('Published', z.object({ id: integer }));

const made =
  (key: string, ...seen: string[]) =>
  (id: number) =>
    decided({ id, key, seen }, Published({ id }));
const see = (what: string) => (box: Box) => decided({ ...box, seen: [...box.seen, what] });

const policies = (): Policy[] => [
  whenever(Made, ({ key }) => create(Box, key, made(key, 'made'))),
  whenever(Changed, ({ key, name }) => change(Box, key, see(name))),
  whenever(Gone, ({ key }) => cancel(Box, key, () => ended())),
  whenever(Both, ({ key }) => [
    create(Box, key, made(key, 'first')),
    change(Box, key, see('second')),
    change(Box, key, see('third')),
  ]),
  whenever(Both, ({ key }) => createOrChange(Box, key, made(key), see('other policy'))),
];

/** Time that goes on by 300 ms whenever somebody looks. */
class HurryingClock extends ManualClock {
  private looks = 0;
  override now(): number {
    return super.now() + 300 * this.looks++;
  }
}

const letters = (on: Handling): DeadLetter[] => on.states('DeadLetter') as unknown as DeadLetter[];
const base64 = (content: string | Buffer): string => Buffer.from(content).toString('base64');
const raw = (value: unknown): string => base64(JSON.stringify(value));
const box = (on: Handling, key: string): unknown => on.states('Box').find((state) => state.key === key);

/** A delivery as daprd brings it: POST /events with the messages as base64. */
async function deliver(on: Handling, messages: readonly string[]): Promise<string[]> {
  const entries = messages.map((message, index) => ({ entryId: `e${index}`, event: message, contentType: 'x/y' }));
  const { status, body } = await on.request('POST', '/events', { entries, id: 'bulk', type: 'bulk' });
  expect(status).toBe(200);
  const { statuses } = JSON.parse(body.toString()) as { statuses: { entryId: string; status: string }[] };
  expect(statuses.map(({ entryId }) => entryId)).toEqual(entries.map(({ entryId }) => entryId));
  return statuses.map(({ status: one }) => one);
}

describe('a raw delivery', () => {
  test('given a service with policies, when the sidecar asks for subscriptions, then it is asked for raw batches', async () => {
    const on = await handling(policies);
    const { body } = await on.request('GET', '/dapr/subscribe');
    expect(JSON.parse(body.toString())).toMatchObject([
      { topic: 'lecture', metadata: { rawPayload: 'true' }, bulkSubscribe: { enabled: true, maxAwaitDurationMs: 3 } },
    ]);
  });

  test('given a service nobody waits for, when the sidecar asks for subscriptions, then its events may wait longer', async () => {
    const on = await handling(policies, { eventsWaitMs: 25 });
    const { body } = await on.request('GET', '/dapr/subscribe');
    expect(JSON.parse(body.toString())).toMatchObject([{ bulkSubscribe: { maxAwaitDurationMs: 25 } }]);
  });

  test('given messages that are no event between good ones, when they come twice, then each is one dead letter with its reason', async () => {
    const on = await handling(policies);
    const bad: [string, RegExp][] = [
      [base64('hello'), /not JSON/],
      [base64('{"id":"x","data":{"fee":0.99999999999999999}}'), /data\.fee must be a number that can be kept/],
      [base64('{"id":"y","data":{"fees":[1, 1e400]}}'), /data\.fees must be a number that can be kept/],
      [base64('123'), /not a JSON object/],
      [base64('null'), /not a JSON object/],
      [base64('[1]'), /not a JSON object/],
      [base64(''), /not JSON/],
      [base64(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), /not JSON in UTF-8/],
      [raw({ type: 'Made', data: { key: 'a' } }), /has no id/],
      [raw({ id: '', type: 'Made', data: { key: 'a' } }), /has no id/],
      [raw({ id: 'x', data: {} }), /has no type/],
      [base64(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), /nested too deeply/],
      [base64(`{"id":"deep","type":"Made","data":${'{"a":'.repeat(3_000)}1${'}'.repeat(3_001)}`), /nested too deeply/],
      [raw(on.event('v', 'Made', { key: 'a' }, { aggregateversion: 'two' })), /aggregateversion/],
      [raw(on.event('v2', 'Made', { key: 'a' }, { aggregateversion: -1 })), /aggregateversion/],
      [raw(on.event('v3', 'Made', { key: 'a' }, { aggregateversion: '0x10' })), /aggregateversion/],
      [raw(on.event('v4', 'Made', { key: 'a' }, { aggregateversion: 1.5 })), /aggregateversion/],
      [raw({ ...on.event('d', 'Made', {}), data: 'text' }), /expected object/],
      [raw(on.event('x||y', 'Changed', { key: 'a' })), /name/],
      [raw(on.event(`long${'g'.repeat(5_000)}`, 'Changed', { key: 'a' })), /name/],
    ];
    const good = raw(on.event('good', 'Made', { key: 'good' }));
    const batch = [...bad.map(([message]) => message), good];
    expect(new Set(await deliver(on, batch))).toEqual(new Set(['SUCCESS']));
    expect(new Set(await deliver(on, batch))).toEqual(new Set(['SUCCESS']));
    expect(box(on, 'good')).toMatchObject({ seen: ['made'] });
    const reasons = letters(on).map(({ reason }) => reason);
    expect(reasons).toHaveLength(bad.length);
    for (const [, reason] of bad) expect(reasons).toContainEqual(expect.stringMatching(reason));
  });

  test('given a batch of nothing but dead letters, when it comes, then they are kept together, not one after the other', async () => {
    const kinds: string[] = [];
    const on = await handling(policies, { before: (call) => void kinds.push(call.kind) });
    const bad = (from: number) => Array.from({ length: 50 }, (_, at) => raw(on.event(`n${from + at}`, 'Changed', {})));
    await deliver(on, bad(0));
    kinds.length = 0;
    expect(new Set(await deliver(on, bad(50)))).toEqual(new Set(['SUCCESS']));
    expect(letters(on)).toHaveLength(100);
    expect(kinds.filter((kind) => kind === 'state-write').length).toBeLessThan(75);
  });

  test('given events of types that nobody here follows, when they come, then they are acknowledged and nothing is kept', async () => {
    const on = await handling(policies);
    const own = { id: 'o', type: 'com.dapr.event.sent', data: { eventType: 'Elsewhere' } };
    expect(await deliver(on, [raw(on.event('f', 'Foreign', {})), raw(own)])).toEqual(['SUCCESS', 'SUCCESS']);
    expect(on.states('DeadLetter')).toEqual([]);
  });

  test('given an event of a stock client, when it comes, then the contract name inside it counts', async () => {
    const on = await handling(policies);
    await deliver(on, [raw({ id: 's', type: 'com.dapr.event.sent', data: { eventType: 'Made', key: 'stock' } })]);
    expect(box(on, 'stock')).toBeDefined();
  });

  test('given 30 messages of 1 MB, when they come as a batch, then the unreadable ones are dead letters of bounded size', async () => {
    const on = await handling(policies);
    const filler = 'x'.repeat(1_000_000);
    const batch = Array.from({ length: 30 }, (_, index) =>
      index % 10 === 0
        ? raw(on.event(`bad${index}`, 'Changed', { key: 1, filler }))
        : raw(on.event(`m${index}`, 'Made', { key: `k${index}`, filler })),
    );
    expect(new Set(await deliver(on, batch))).toEqual(new Set(['SUCCESS']));
    expect(on.states('Box')).toHaveLength(27);
    expect(letters(on)).toHaveLength(3);
    for (const letter of letters(on)) expect(JSON.stringify(letter).length).toBeLessThan(20_000);
    expect(letters(on)[0]).toMatchObject({ replayable: false, event: { type: 'Changed' } });
  }, 60_000);

  test('given one message of 20 MB, when it comes, then it is one dead letter and the others of its batch are handled', async () => {
    const on = await handling(policies);
    const huge = base64(Buffer.alloc(20_000_000, 'x'));
    const batch = [raw(on.event('a', 'Made', { key: 'a' })), huge, raw(on.event('b', 'Made', { key: 'b' }))];
    expect(await deliver(on, batch)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    expect(await deliver(on, batch)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    expect(on.states('Box')).toHaveLength(2);
    expect(letters(on)).toMatchObject([{ reason: expect.stringMatching(/too large/), replayable: false }]);
  }, 60_000);

  test('given a body that is no delivery, when it comes, then 400', async () => {
    const on = await handling(policies);
    expect((await on.request('POST', '/events', Buffer.from('{"entries":'))).status).toBe(400);
    expect((await on.request('POST', '/events', {})).status).toBe(400);
  });
});

describe('several reactions', () => {
  test('given an event with several reactions on one record, when it comes again, then each has its effect once, in order', async () => {
    const on = await handling(policies);
    const both = on.event('both', 'Both', { key: 'a' });
    await on.consumer.take([both, both]);
    await on.consumer.take([both]);
    expect(box(on, 'a')).toMatchObject({ seen: ['first', 'second', 'third', 'other policy'] });
  });

  test('given createOrChange, when either event comes first, then the record is made by the first and changed by the second', async () => {
    const on = await handling(() => [
      whenever(Made, ({ key }) => createOrChange(Box, key, made(key, 'made'), see('made'))),
      whenever(Changed, ({ key, name }) => createOrChange(Box, key, made(key, name), see(name))),
      whenever(Gone, ({ key }) => cancel(Box, key, () => ended())),
    ]);
    await on.consumer.take([on.event('1', 'Changed', { key: 'a', name: 'n' }), on.event('2', 'Made', { key: 'a' })]);
    await on.consumer.take([on.event('3', 'Made', { key: 'b' }), on.event('4', 'Changed', { key: 'b', name: 'n' })]);
    await on.consumer.take([on.event('5', 'Gone', { key: 'b' }), on.event('6', 'Made', { key: 'b' })]);
    expect(on.states('Box')).toMatchObject([{ key: 'a', seen: ['n', 'made'] }]);
  });

  test('given a result that breaks off, when events come for records that are there, then each has its effect at once', async () => {
    let isBroken = false;
    const on = await handling(
      () => [
        whenever(Made, ({ key }) => create(Box, key, made(key))),
        whenever(Changed, ({ key, name }) => change(Box, key, see(name))),
        whenever(Both, ({ key }) => createOrChange(Box, key, () => undefined, see('both'))),
      ],
      { backend: new MemoryBackend({ state: 'mysql' }), after: (call) => (isBroken ? brokenOff(call) : undefined) },
    );
    await on.consumer.take(['a', 'b'].map((key) => on.event(`make ${key}`, 'Made', { key })));
    isBroken = true;
    await on.consumer.take([on.event('1', 'Changed', { key: 'a', name: 'n' }), on.event('2', 'Both', { key: 'b' })]);
    expect([box(on, 'a'), box(on, 'b'), ...on.states('Deferred')]).toMatchObject([{ seen: ['n'] }, { seen: ['both'] }]);
  });

  test('given event ids of any text, when they come twice, then each has its effect once', async () => {
    const on = await handling(policies);
    await on.consumer.take([on.event('make', 'Made', { key: 'a' })]);
    const ids = ['a||b', 'x#y', 'x#', ' ', 'é'.repeat(300), '\u0000', 'x'];
    for (const id of [...ids, ...ids]) await on.consumer.take([on.event(id, 'Changed', { key: 'a', name: id })]);
    expect((box(on, 'a') as Box).seen).toEqual(['made', ...ids]);
  });

  test('given a reaction that the rule refuses, when its event comes, then the others of the event have their effect', async () => {
    const on = await handling(() => [
      whenever(Made, ({ key }) => [
        create(Box, key, () => {
          throw new RuleViolation('no');
        }),
        create(Box, `${key}2`, made(`${key}2`)),
      ]),
    ]);
    expect(await on.consumer.take([on.event('1', 'Made', { key: 'a' })])).toEqual(['SUCCESS']);
    expect(on.states('Box')).toMatchObject([{ key: 'a2' }]);
    expect(on.states('Deferred')).toEqual([]);
  });

  test('given one event of 1,500 reactions beside a small one, when it comes, then all have their effect once', async () => {
    const keys = Array.from({ length: 1_500 }, (_, index) => `k${index}`);
    const clock = new HurryingClock();
    const several = (): Policy[] => [
      whenever(Gone, () => keys.map((key) => create(Box, key, made(key, 'many')))),
      ...policies(),
    ];
    const on = await handling(several, { clock });
    const batch = [on.event('many', 'Gone', { key: 'x' }), on.event('one', 'Made', { key: 'small' })];
    expect(await on.consumer.take(batch)).toEqual(['SUCCESS', 'SUCCESS']);
    expect(box(on, 'small')).toBeDefined();
    expect(on.states('Box').length).toBeLessThan(1_500);
    expect(on.states('Deferred')).toMatchObject([{ cause: 'size' }]);
    for (let rounds = 0; rounds < 20 && on.states('Deferred').length > 0; rounds++) await clock.pass(1_000);
    expect(on.states('Box')).toHaveLength(1_501);
    expect(on.states('Deferred')).toEqual([]);
  }, 60_000);

  test('given an event that is being handled, when it comes a second time, then the second waits for the first', async () => {
    let running = 0;
    let most = 0;
    const on = await handling(() => [
      whenever(Made, async ({ key }) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return [create(Box, key, made(key, 'made'))];
      }),
    ]);
    const same = on.event('same', 'Made', { key: 'a' });
    await Promise.all([on.consumer.take([same, same]), on.consumer.take([same])]);
    expect(most).toBe(1);
    expect(on.states('Box')).toHaveLength(1);
  });
});

describe('a cancellation before its record', () => {
  test('given a cancellation that waits, when making its record fails at first, then the cancellation is not lost', async () => {
    let fails = true;
    const on = await handling(() => [
      whenever(Made, ({ key }) => create(Box, key, made(key, 'made'))),
      whenever(Gone, async ({ key }) => [cancel(Box, `${key}-other`, () => undefined)]),
      whenever(Gone, async ({ key }, { id }) => {
        if (id === 'gone' && fails && on.states('Box').length === 0 && waiting)
          throw new CalleeUnavailable('x', 'down', false);
        return [cancel(Box, key, () => ended(Published({ id: 0 })))];
      }),
    ]);
    let waiting = false;
    await on.consumer.take([on.event('gone', 'Gone', { key: 'a' })]);
    waiting = true;
    await on.consumer.take([on.event('made', 'Made', { key: 'a' })]);
    expect(on.states('Box')).toEqual([]);
    fails = false;
    await on.consumer.take([on.event('made', 'Made', { key: 'a' }), on.event('gone', 'Gone', { key: 'a' })]);
    expect(on.states('Box')).toEqual([]);
    expect(await on.records.findBy(Box, 'key', 'a')).toEqual([]);
    const document = on.sidecar.store.get('lecture-course||Box-of-a')!;
    expect(JSON.parse(document.value)).toMatchObject({ state: null, id: expect.any(Number), causes: { length: 3 } });
  });

  test('given a cancellation that an earlier version of the kit kept, when its record comes, then it is cancelled', async () => {
    const on = await handling(policies);
    const late = { id: 'old', type: 'Gone', subject: '', version: 1, data: { key: 'a' } };
    const old = { id: 0, state: null, version: 1, causes: ['old#m'], waiting: [late] };
    const document = { key: 'Box-of-a', value: old };
    await on.sidecar.request({
      method: 'POST',
      path: '/v1.0/state/lecture-state/transaction',
      headers: {},
      body: JSON.stringify({ operations: [{ operation: 'upsert', request: document }] }),
    });
    await on.consumer.take([on.event('made', 'Made', { key: 'a' })]);
    expect(JSON.parse(on.sidecar.store.get('lecture-course||Box-of-a')!.value)).toMatchObject({ state: null, id: 1 });
  });
});

describe('blame', () => {
  test.each([
    ['its own store is away', 'RETRY', new Unavailable('away')],
    ['a callee is down', 'SUCCESS', new CalleeUnavailable('pay', 'down', false)],
    ['its own code is wrong', 'SUCCESS', new TypeError('x is undefined')],
    ['its own data break a schema', 'SUCCESS', z.string().safeParse(1).error],
  ])(
    'given a policy that fails because %s, when its event comes, then %s, and no dead letter at the first try',
    async (_, status, error) => {
      const on = await handling(() => [
        whenever(Made, () => {
          throw error;
        }),
        whenever(Changed, ({ key }) => create(Box, key, made(key))),
      ]);
      const batch = [on.event('1', 'Made', { key: 'a' }), on.event('2', 'Changed', { key: 'b', name: 'n' })];
      expect(await on.consumer.take(batch)).toEqual([status, 'SUCCESS']);
      expect(box(on, 'b')).toBeDefined();
      expect(letters(on)).toEqual([]);
      expect(on.states('Deferred')).toHaveLength(status === 'RETRY' ? 0 : 1);
    },
  );

  test('given a store that takes no write, when events and unreadable messages come, then all of them stay with the broker', async () => {
    let away = true;
    const before = ({ kind }: Call) => {
      if (away && kind === 'state-write') throw new Error('socket hang up');
      return undefined;
    };
    const on = await handling(policies, { before });
    const batch = [on.event('1', 'Changed', { key: 'none', name: 'n' }), 'aGVsbG8=', on.event('3', 'Foreign', {})];
    expect(await on.consumer.take(batch)).toEqual(['RETRY', 'RETRY', 'SUCCESS']);
    away = false;
    expect(await on.consumer.take(batch)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    expect([letters(on).length, on.states('Deferred').length]).toEqual([1, 1]);
  });
});

test('given an ordinary event, when it is handled, then it costs one reading and one writing of the store', async () => {
  const kinds: string[] = [];
  const on = await handling(policies, { before: (call) => void kinds.push(call.kind) });
  await on.consumer.take([on.event('0', 'Made', { key: 'first' })]);
  kinds.length = 0;
  await on.consumer.take([on.event('1', 'Changed', { key: 'first', name: 'n' })]);
  expect(kinds).toEqual(['state-read', 'state-write']);
});

describe('a consumer that makes no progress', () => {
  test('given a store that is away, when events only come again for more than 30 s, then it says so until one is handled', async () => {
    let isAway = true;
    const on = await handling(() => [
      whenever(Made, () => {
        if (isAway) throw new Unavailable('away');
        return [];
      }),
    ]);
    const batch = [on.event('1', 'Made', { key: 'a' })];
    await on.consumer.take(batch);
    await on.clock.pass(30_000);
    expect(on.consumer.stalled).toBeUndefined();
    await on.clock.pass(1_000);
    expect(on.consumer.stalled).toMatch(/wait for the store for 31 s/);
    isAway = false;
    await on.consumer.take(batch);
    expect(on.consumer.stalled).toBeUndefined();
  });

  test('given a batch that does not end, when it is under way for more than 30 s, then it says so until it ends', async () => {
    let end: () => void = () => undefined;
    const on = await handling(() => [
      whenever(Made, async () => {
        await new Promise<void>((resolve) => {
          end = resolve;
        });
        return [];
      }),
    ]);
    const taken = on.consumer.take([on.event('1', 'Made', { key: 'a' })]);
    await on.clock.pass(31_000);
    expect(on.consumer.stalled).toMatch(/under way for 31 s/);
    end();
    await taken;
    expect(on.consumer.stalled).toBeUndefined();
  });
});
