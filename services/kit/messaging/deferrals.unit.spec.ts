import { jest } from '@jest/globals';
import { z } from 'zod';
import { aggregate, CalleeUnavailable, change, create, decided, event, type Policy, whenever } from '../index.ts';
import { brokenOff } from '../persistence/given-records.ts';
import { type Handling, handling } from '../testing/handling.ts';
import { type Call, ManualClock, MemoryBackend } from '../testing/index.ts';
import { Deferrals } from './deferrals.ts';
import { DeferredStore } from './deferred-store.ts';
import type { Dispatcher } from './dispatcher.ts';

interface Box {
  readonly id: number;
  readonly key: string;
  readonly seen: readonly string[];
}
const Box = aggregate<Box>('Box', { keyedBy: 'key' });
const keyed = z.looseObject({ key: z.string() });
const Made = event('Made', keyed);
const Changed = event('Changed', keyed.extend({ name: z.string() }));
const Asked = event('Asked', keyed);
const Odd = event('Odd', keyed);

/** A callee that can be down; `calls` are the keys it was asked for. */
function pay() {
  const callee = { down: true, calls: [] as string[], running: 0, most: 0 };
  const policies = (): Policy[] => [
    whenever(Made, ({ key }) => create(Box, key, (id) => decided({ id, key, seen: [] }))),
    whenever(Changed, ({ key, name }) => change(Box, key, (box) => decided({ ...box, seen: [...box.seen, name] }))),
    whenever(Asked, ({ key }) =>
      create(
        Box,
        key,
        (id) => decided({ id, key, seen: ['asked'] }),
        async () => {
          callee.calls.push(key);
          callee.most = Math.max(callee.most, ++callee.running);
          await new Promise((resolve) => setImmediate(resolve));
          callee.running--;
          if (callee.down) throw new CalleeUnavailable('lecture-pay', 'down', false);
        },
      ),
    ),
    whenever(Odd, () => {
      throw new TypeError('odd is not a function');
    }),
  ];
  return { callee, policies };
}

const letters = (on: Handling) => on.states('DeadLetter');
const asked = (on: Handling, count: number): object[] =>
  Array.from({ length: count }, (_, index) => on.event(`a${index}`, 'Asked', { key: `k${index}` }));

describe('an event before its record', () => {
  test('given a change before its record, when the record comes, then the change has its effect within a second', async () => {
    const on = await handling(pay().policies);
    expect(await on.consumer.take([on.event('c', 'Changed', { key: 'a', name: 'early' })])).toEqual(['SUCCESS']);
    expect(on.states('Deferred')).toMatchObject([
      { cause: 'record', attempts: 1, reason: expect.stringContaining('before Box a'), event: { id: 'c' } },
    ]);
    await on.consumer.take([on.event('m', 'Made', { key: 'a' })]);
    await on.clock.pass(1_000);
    expect(on.states('Box')).toMatchObject([{ seen: ['early'] }]);
    expect(on.states('Deferred')).toEqual([]);
    expect(on.deferrals.gauges).toEqual({ deferred_waiting: 0, deferred_oldest_seconds: 0 });
  });

  test('given a change whose record never comes, when 15 minutes are over, then it is a dead letter', async () => {
    const on = await handling(pay().policies);
    await on.consumer.take([on.event('c', 'Changed', { key: 'never', name: 'n' })]);
    await on.consumer.take([on.event('m', 'Made', { key: 'a' })]);
    expect(on.states('Box')).toHaveLength(1);
    await on.clock.pass(890_000);
    expect(letters(on)).toEqual([]);
    expect(on.deferrals.gauges).toEqual({ deferred_waiting: 1, deferred_oldest_seconds: 890 });
    await on.clock.pass(60_000);
    expect(letters(on)).toMatchObject([{ reason: expect.stringMatching(/15 minutes.*before Box never/) }]);
    expect(on.states('Deferred')).toEqual([]);
  });

  test('given a hundred of them, when they come, then they are kept in one reading and one writing each for numbers and events', async () => {
    let writes = 0;
    const before = ({ kind, body }: Call) => void (kind === 'state-write' && body.includes('Deferred-of-') && writes++);
    const on = await handling(pay().policies, { before });
    await on.consumer.take(
      Array.from({ length: 100 }, (_, index) => on.event(`c${index}`, 'Changed', { key: 'none', name: 'n' })),
    );
    expect([writes, on.states('Deferred').length]).toEqual([1, 100]);
  });
});

describe('a callee that is down', () => {
  test('given 50 events that wait for it, when it is back, then all are handled once, at most 8 at a time', async () => {
    const { callee, policies } = pay();
    const on = await handling(policies);
    await on.consumer.take(asked(on, 50));
    callee.calls.length = 0;
    callee.most = 0;
    await on.clock.pass(60_000);
    expect(callee.most).toBe(1);
    expect(callee.calls.length).toBeLessThan(12);
    expect(new Set(callee.calls).size).toBeGreaterThan(1);
    callee.down = false;
    await on.clock.pass(31_000);
    expect(on.states('Box')).toHaveLength(50);
    expect(callee.most).toBeLessThanOrEqual(8);
    expect(on.states('Deferred')).toEqual([]);
    expect(letters(on)).toEqual([]);
  });

  test('given a callee that fails one event alone, when others wait for it, too, then they are handled', async () => {
    const { callee, policies } = pay();
    const on = await handling(() => [
      ...policies(),
      whenever(Asked, ({ key }) => {
        if (key === 'k0') throw new CalleeUnavailable('lecture-pay', 'nonsense', true);
        return [];
      }),
    ]);
    await on.consumer.take(asked(on, 5));
    callee.down = false;
    await on.clock.pass(10_000);
    expect(on.states('Box')).toHaveLength(5);
    expect(on.states('Deferred')).toMatchObject([{ event: { id: 'a0' } }]);
  });

  test('given an event of two reactions, when one waits and the other took effect, then that has no second effect', async () => {
    const { callee, policies } = pay();
    const on = await handling(() => [
      whenever(Asked, ({ key }) => change(Box, 'counter', (box) => decided({ ...box, seen: [...box.seen, key] }))),
      ...policies(),
    ]);
    await on.consumer.take([on.event('m', 'Made', { key: 'counter' })]);
    await on.consumer.take([on.event('a', 'Asked', { key: 'once' })]);
    for (let round = 0; round < 5; round++)
      await on.consumer.take(
        Array.from({ length: 30 }, (_, n) => on.event(`c${round}.${n}`, 'Changed', { key: 'counter', name: 'x' })),
      );
    callee.down = false;
    await on.clock.pass(2_000);
    const [counter] = on.states('Box') as unknown as Box[];
    expect(counter!.seen.filter((name) => name === 'once')).toHaveLength(1);
    expect(on.states('Box')).toHaveLength(2);
  });
});

test('given an event that fails by a fault of the service, when it failed five times, then it is a dead letter', async () => {
  const on = await handling(pay().policies);
  await on.consumer.take([on.event('o', 'Odd', { key: 'a' })]);
  expect(on.states('Deferred')).toMatchObject([{ cause: 'fault', reason: 'TypeError: odd is not a function' }]);
  await on.clock.pass(10_000);
  expect(letters(on)).toMatchObject([{ reason: expect.stringMatching(/failed 5 times: TypeError: odd/) }]);
});

test('given an event too large to be deferred, when it cannot be handled now, then it is a dead letter', async () => {
  const on = await handling(pay().policies);
  const large = on.event('c', 'Changed', { key: 'a', name: 'n', more: 'x'.repeat(300_000) });
  expect(await on.consumer.take([large])).toEqual(['SUCCESS']);
  expect(letters(on)).toMatchObject([{ replayable: false, reason: expect.stringContaining('too large') }]);
  expect(on.states('Deferred')).toEqual([]);
});

test('given more events that wait than have room in memory, when there is room again, then those in the store follow', async () => {
  let store: DeferredStore | undefined;
  const on = await handling(({ records, sidecar }) => {
    store = new DeferredStore(sidecar, records);
    return [];
  });
  const verdict = { kind: 'defer', cause: 'record', reason: 'it is not there', done: [] } as const;
  const dispatcher = { follows: () => true, dispatch: async () => [verdict] } as unknown as Dispatcher;
  const { clock, deadLetters } = on;
  const parts = { consumer: 'lecture-course', instance: 'course-1', store: store!, dispatcher, deadLetters, clock };
  const deferrals = new Deferrals(parts, 5);
  await deferrals.defer(asked(on, 8).map((raw) => ({ raw: raw as Record<string, unknown>, verdict })));
  expect(on.states('Deferred')).toHaveLength(8);
  expect(deferrals.gauges.deferred_waiting).toBe(5);
  deferrals.start();
  await clock.pass(1_000);
  for (const id of [1, 2, 3]) await deferrals.drop(id);
  await clock.pass(6_000);
  expect(deferrals.gauges.deferred_waiting).toBe(5);
  await deferrals.close();
});

describe('another life', () => {
  test.each([
    ['of the same instance', 'course-1', 0],
    ['of another instance, when the lease of the first is over', 'course-2', 200_000],
  ])(
    'given events that were deferred, when the process dies, then the next one %s handles them',
    async (_, instance, after) => {
      const backend = new MemoryBackend();
      const clock = new ManualClock();
      const { callee, policies } = pay();
      const first = await handling(policies, { backend, clock });
      await first.consumer.take(asked(first, 20));
      first.sidecar.cut();
      await clock.pass(after);
      const next = await handling(policies, { backend, clock, instance });
      next.deferrals.start();
      callee.down = false;
      await clock.pass(65_000);
      expect(next.states('Box')).toHaveLength(20);
      expect(next.states('Deferred')).toEqual([]);
    },
  );

  test('given events that a living instance waits with, when another looks, then it leaves them alone', async () => {
    const backend = new MemoryBackend();
    const clock = new ManualClock();
    const { policies } = pay();
    const first = await handling(policies, { backend, clock });
    first.deferrals.start();
    await first.consumer.take(asked(first, 3));
    const other = await handling(policies, { backend, clock, instance: 'course-2' });
    other.deferrals.start();
    await clock.pass(300_000);
    expect(other.deferrals.gauges.deferred_waiting).toBe(0);
    expect(first.deferrals.gauges.deferred_waiting).toBe(3);
  });

  test('given a store that goes away while an event waits, when it is back, then the event is handled', async () => {
    let away = false;
    const { callee, policies } = pay();
    const before = ({ kind }: Call) => {
      if (away && kind.startsWith('state')) throw new Error('socket hang up');
      return undefined;
    };
    const on = await handling(policies, { before });
    await on.consumer.take(asked(on, 2));
    callee.down = false;
    away = true;
    await on.clock.pass(10_000);
    away = false;
    await on.clock.pass(10_000);
    expect(on.states('Box')).toHaveLength(2);
    expect(on.states('Deferred')).toEqual([]);
  });

  test('given an event that waits and a clock that is set back by an hour, when its callee is back, then it is handled', async () => {
    const { callee, policies } = pay();
    const on = await handling(policies);
    await on.consumer.take([on.event('c', 'Changed', { key: 'a', name: 'early' }), ...asked(on, 1)]);
    await on.clock.pass(2_000);
    jest.spyOn(on.clock, 'now').mockImplementation(() => on.clock.monotonic() - 3_600_000);
    callee.down = false;
    await on.consumer.take([on.event('m', 'Made', { key: 'a' })]);
    await on.clock.pass(60_000);
    expect(on.states('Deferred')).toEqual([]);
    expect(on.states('Box').flatMap(({ seen }) => seen)).toEqual(['early', 'asked']);
  });
});

describe('an operator', () => {
  const json = ({ body }: { body: Buffer }): Record<string, unknown> => JSON.parse(body.toString());

  test('given deferred events, when an operator looks, replays and drops, then each answer is the truth', async () => {
    const { callee, policies } = pay();
    const on = await handling(policies);
    await on.consumer.take(asked(on, 3));
    const seen = json(await on.request('GET', '/deferred?size=2')) as unknown as {
      _embedded: { deferred: { id: number }[] };
      _links: { next: { href: string } };
    };
    const [first, second] = seen._embedded.deferred;
    expect(json(await on.request('GET', seen._links.next.href))).toMatchObject({
      _embedded: { deferred: [{ id: 3 }] },
    });
    expect(json(await on.request('GET', `/deferred/${first!.id}`))).toMatchObject({
      callee: 'lecture-pay',
      attempts: 1,
    });
    const now = await on.request('POST', `/deferred/${first!.id}/replay`);
    expect([now.status, json(now).detail]).toEqual([503, expect.stringContaining('lecture-pay is down')]);
    callee.down = false;
    expect((await on.request('POST', `/deferred/${first!.id}/replay`)).status).toBe(200);
    expect((await on.request('DELETE', `/deferred/${second!.id}`)).status).toBe(204);
    for (const [method, path] of [
      ['GET', `/deferred/${first!.id}`],
      ['POST', `/deferred/${second!.id}/replay`],
      ['DELETE', `/deferred/${second!.id}`],
    ] as const)
      expect((await on.request(method, path)).status).toBe(404);
    await on.clock.pass(60_000);
    expect(on.states('Box').map(({ key }) => key)).toEqual(expect.arrayContaining(['k0', 'k2']));
    expect(on.states('Box')).toHaveLength(2);
  });

  test('given a result that breaks off, when an operator looks, then no deferred event seems to be gone', async () => {
    let isBroken = false;
    const beside = { backend: new MemoryBackend({ state: 'mysql' }) };
    const on = await handling(pay().policies, { ...beside, after: (call) => (isBroken ? brokenOff(call) : undefined) });
    await on.consumer.take(asked(on, 3));
    isBroken = true;
    const { _embedded, _links } = json(await on.request('GET', '/deferred?size=2'));
    expect(_embedded).toMatchObject({ deferred: [{ id: 1 }, { id: 2 }] });
    expect(_links).toEqual({ next: { href: '/deferred?from=3&size=2' } });
  });

  test.each(['this instance', 'another one'])(
    'given an event that is being tried, when an operator drops it at %s, then it is gone',
    async (where) => {
      let fail: () => void = () => undefined;
      const policies = (): Policy[] => [
        whenever(Asked, async () => {
          await new Promise<void>((resolve) => {
            fail = resolve;
          });
          throw new CalleeUnavailable('lecture-pay', 'timeout', true);
        }),
      ];
      const on = await handling(policies);
      const other = await handling(policies, { backend: on.backend, clock: on.clock, instance: 'course-2' });
      const taken = on.consumer.take(asked(on, 1));
      await on.clock.pass(10);
      fail();
      await taken;
      await on.clock.pass(1_000);
      const { status } = await (where === 'this instance' ? on : other).request('DELETE', '/deferred/1');
      fail();
      await on.clock.pass(1_000);
      expect([status, on.states('Deferred'), on.deferrals.gauges.deferred_waiting]).toEqual([204, [], 0]);
    },
  );
});
