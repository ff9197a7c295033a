import { setTimeout as turn } from 'node:timers/promises';
import { expect, jest } from '@jest/globals';
import fc from 'fast-check';
import { aggregate, decided, ended, type Identified, RuleViolation } from '../domain/index.ts';
import { withTrace } from '../telemetry/telemetry.ts';
import { type GivenRecords, givenRecords, keysOf } from './given-records.ts';
import { naturalKey } from './keys.ts';
import type { Page } from './pages.ts';
import { byId, byKey } from './ref.ts';

interface Thing extends Identified {
  readonly name: string;
}
const Thing = aggregate<Thing>('Thing');
const Keyed = aggregate<Thing>('Keyed', { keyedBy: 'name' });
const Shy = aggregate<Thing>('Shy', { isShown: ({ name }) => name !== 'hidden' });
const Foreign = aggregate<Thing>('Foreign', { numberedBy: 'id' });

let commands = 0;
const command = () => ({ cause: `c${++commands}` });

const make = async ({ records }: GivenRecords, name = 'a'): Promise<number> =>
  (await records.create(Thing, command(), (id) => decided({ id, name }))).id;
const remove = ({ records }: GivenRecords, id: number) => records.change(byId(Thing, id), command(), () => ended());
const idsOf = (items: readonly Identified[]): number[] => items.map(({ id }) => id);

/** All pages from the first on, as a client walks them. */
async function walk(
  { records }: GivenRecords,
  size: number,
  descending = false,
): Promise<{ pages: number[][]; asked: number }> {
  const pages: number[][] = [];
  let asked = 0;
  for (let number: number | undefined = 0; number !== undefined; asked++) {
    const page: Page<Thing> = await records.list(Thing, { number, size, descending });
    pages[number] = idsOf(page.items);
    number = page.next;
    if (asked > 500) throw new Error('the pages do not end');
  }
  return { pages, asked };
}
const pagesOf = (all: readonly number[], size: number): number[][] =>
  Array.from({ length: Math.max(1, Math.ceil(all.length / size)) }, (_, n) => all.slice(n * size, (n + 1) * size));

/** A row as others tell it, by the way the consumer takes. */
async function published({ records }: GivenRecords, id: number): Promise<void> {
  const [loaded] = await records.load([naturalKey(Foreign, id)]);
  if (!loaded) throw new Error('nothing was read');
  const state: Thing = { id, name: 'told' };
  await records.commit(Foreign, loaded, { id, state }, [`told-${id}`], []);
}

/** Records as a former version left them: in the store, and nothing noted of those that are gone. */
async function seed(
  { sidecar, calls }: GivenRecords,
  count: number,
  isLive: (id: number) => boolean,
): Promise<number[]> {
  const all = Array.from({ length: count }, (_, i) => i + 1);
  for (let at = 0; at < count; at += 1_000)
    await sidecar.write(
      all.slice(at, at + 1_000).map((id) => ({
        key: `Thing-${id}`,
        value: { id, state: isLive(id) ? { id, name: 'seed' } : null, version: 1, causes: [] },
      })),
    );
  await sidecar.write([{ key: 'ids-Thing', value: { next: count + 1 } }]);
  calls.length = 0;
  return all.filter(isLive);
}

/** No request read more than `most` times in bulk, never more than 250 documents at once, and 16 by themselves at most for each. */
function expectBounded({ calls }: GivenRecords, most: number): void {
  const all = calls.filter(({ kind }) => kind === 'state-read');
  const reads = all.filter(({ method }) => method === 'POST');
  expect(all.length - reads.length).toBeLessThanOrEqual(16 * reads.length);
  expect(Math.max(...reads.map((call) => keysOf(call).length))).toBeLessThanOrEqual(250);
  expect(reads.length).toBeLessThanOrEqual(most);
}

async function eventually(check: () => Promise<void>): Promise<void> {
  for (const end = Date.now() + 3_000; ; await new Promise((resolve) => setTimeout(resolve, 5)))
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
}

describe('collections', () => {
  test('given any creations and deletions, every page is that of the plain list', async () => {
    const op = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ what: fc.constant('make' as const), count: fc.integer({ min: 1, max: 8 }) }),
      },
      { weight: 3, arbitrary: fc.record({ what: fc.constant('remove' as const), count: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ what: fc.constant('flush' as const), count: fc.constant(0) }) },
      {
        weight: 1,
        arbitrary: fc.record({ what: fc.constant('pass' as const), count: fc.integer({ min: 1, max: 9_000 }) }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          what: fc.constant('list' as const),
          count: fc.nat(6),
          size: fc.integer({ min: 1, max: 7 }),
          descending: fc.boolean(),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 40 }), async (ops) => {
        const given = await givenRecords();
        let model: number[] = [];
        for (const one of ops) {
          if (one.what === 'make') for (let i = 0; i < one.count; i++) model.push(await make(given));
          if (one.what === 'flush') await given.ids.gone.flush();
          if (one.what === 'pass') given.pass(one.count);
          if (one.what === 'remove' && model.length > 0) {
            const id = model[one.count % model.length] as number;
            await remove(given, id);
            model = model.filter((other) => other !== id);
          }
          if (one.what !== 'list') continue;
          const { count: number, size, descending } = one;
          const page = await given.records.list(Thing, { number, size, descending });
          const pages = pagesOf(descending ? model.toReversed() : model, size);
          expect(idsOf(page.items)).toEqual(pages[number] ?? []);
          expect(page.next).toBe(number + 1 < pages.length ? number + 1 : undefined);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('given deletions by another process, when they are noted, the pages are full here, too', async () => {
    const one = await givenRecords();
    const ids: number[] = [];
    for (let i = 0; i < 60; i++) ids.push(await make(one));
    const other = await one.another();
    for (const id of ids.filter((_, i) => i % 3 !== 0)) await remove(other, id);
    await other.ids.gone.flush();

    const left = ids.filter((_, i) => i % 3 === 0);
    const fresh = await one.another();
    expect(idsOf((await fresh.records.list(Thing, { number: 2, size: 5 })).items)).toEqual(left.slice(10, 15));
    expect((await walk(one, 7)).pages).toEqual(pagesOf(left, 7));
    expect((await walk(one, 7, true)).pages).toEqual(pagesOf(left.toReversed(), 7));
  });

  test('given numbers that another process has reserved and not used yet, a walk sees every record once', async () => {
    const one = await givenRecords();
    const other = await one.another();
    const ids = [await make(one), await make(other)];
    for (let i = 0; i < 5; i++) ids.push(await make(other));
    const reader = await one.another();
    expect((await walk(reader, 2)).pages).toEqual(pagesOf(ids, 2));
    expect((await walk(reader, 2, true)).pages).toEqual(pagesOf(ids.toReversed(), 2));

    ids.push(await make(one));
    ids.sort((a, b) => a - b);
    const page = await reader.records.list(Thing, { number: 1, size: 2 });
    expect(idsOf(page.items)).toEqual(ids.slice(2, 4));
  });

  test('given numbers nobody noted as gone, a client that follows next sees every record once', async () => {
    const one = await givenRecords();
    const ids: number[] = [];
    for (let i = 0; i < 60; i++) ids.push(await make(one));
    const other = await one.another();
    for (const id of ids.filter((id) => id > 5 && id < 50)) await remove(other, id);

    const left = ids.filter((id) => id <= 5 || id >= 50);
    expect((await walk(one, 3)).pages).toEqual(pagesOf(left, 3));
  });

  test('given 20,000 records of which 90 % are gone and nothing is noted, requests are bounded and get to the end', async () => {
    const given = await givenRecords();
    const left = await seed(given, 20_000, (id) => id % 10 === 0);
    const { pages, asked } = await walk(given, 200);
    expect(pages).toEqual(pagesOf(left, 200));
    expect(asked).toBeLessThan(40);
    expectBounded(given, asked * 10);

    await given.ids.gone.flush();
    const later = await given.another();
    for (const [number, descending] of [
      [0, false],
      [7, false],
      [9, true],
    ] as const) {
      later.calls.length = 0;
      const page = await later.records.list(Thing, { number, size: 200, descending });
      expect(idsOf(page.items)).toEqual(pagesOf(descending ? left.toReversed() : left, 200)[number]);
      expectBounded(later, 3);
    }
  });

  test('given all of 9,000 records are gone but the first and the last, both are on one page', async () => {
    const given = await givenRecords();
    await seed(given, 9_000, (id) => id === 1 || id === 9_000);
    for (let asked = 0; asked < 8; asked++) await given.records.list(Thing, { number: 0, size: 2, descending: false });
    const page = await given.records.list(Thing, { number: 0, size: 2, descending: false });
    expect(page).toMatchObject({ items: [{ id: 1 }, { id: 9_000 }], next: undefined });
  });

  test('given nothing is gone, a page costs two reads', async () => {
    const given = await givenRecords();
    await seed(given, 10_000, () => true);
    const page = await given.records.list(Thing, { number: 400, size: 20, descending: false });
    expect(idsOf(page.items)[0]).toBe(8_001);
    expect(page.next).toBe(401);
    expectBounded(given, 2);
  });

  test('given a row with a number from others that is very large, the collection is as long as it has rows', async () => {
    const given = await givenRecords();
    for (const id of [9_007_199_254_740_991, 5, 100_000_000]) await published(given, id);
    given.calls.length = 0;
    expect(idsOf(await given.records.newest(Foreign, 1_000))).toEqual([5, 100_000_000, 9_007_199_254_740_991]);
    const page = await given.records.list(Foreign, { number: 0, size: 2, descending: false });
    expect(idsOf(page.items)).toEqual([5, 9_007_199_254_740_991]);
    const last = await given.records.list(Foreign, { number: page.next ?? 0, size: 2, descending: false });
    expect(idsOf(last.items)).toEqual([100_000_000]);
    expect(last.next).toBeUndefined();
    expectBounded(given, 12);
    expect(await given.records.get(Foreign, 9_007_199_254_740_991)).toMatchObject({ name: 'told' });
    expect(await given.records.findBy(Foreign, 'id', '9007199254740991')).toHaveLength(1);
    expect(await given.records.findBy(Foreign, 'id', '0x5')).toEqual([]);
  });

  test('given a kind with a natural key, its pages leave out what is gone', async () => {
    const given = await givenRecords();
    const { records } = given;
    const made: number[] = [];
    for (const key of ['a', 'b', 'c', 'd', 'e'])
      made.push((await records.create(Keyed, command(), (id) => decided({ id, name: key }), { key })).id);
    await records.change(byKey(Keyed, 'b'), command(), () => ended());
    await records.change(byId(Keyed, made[3] ?? 0), command(), () => ended());
    const page = await records.list(Keyed, { number: 0, size: 3, descending: false });
    expect(page.items.map(({ name }) => name)).toEqual(['a', 'c', 'e']);
    expect(page.next).toBeUndefined();
  });

  test('given a page beyond all numbers, it is empty and costs no more', async () => {
    const given = await givenRecords();
    await make(given);
    given.calls.length = 0;
    const page = await given.records.list(Thing, { number: 1e12, size: 200, descending: false });
    expect(page).toMatchObject({ items: [], next: undefined });
    expectBounded(given, 2);
  });

  test('given the client has gone, nothing more is read', async () => {
    const given = await givenRecords();
    await seed(given, 3_000, (id) => id === 3_000);
    const gone = new AbortController();
    const asked = { traceparent: '', requestId: 'r', isRead: true, signal: gone.signal };
    const page = withTrace(asked, () => given.records.list(Thing, { number: 0, size: 10 }));
    gone.abort(new Error('the client is gone'));
    await expect(page).rejects.toThrow('the client is gone');
    expectBounded(given, 1);
  });

  test('given a read found gone numbers, when its client has its page and goes, then they are noted all the same', async () => {
    const given = await givenRecords();
    await seed(given, 3_000, (id) => id === 3_000);
    const client = new AbortController();
    const asked = { traceparent: '', requestId: 'r', isRead: true, signal: client.signal };
    await withTrace(asked, () => given.records.list(Thing, { number: 0, size: 10 }));
    client.abort(new Error('the client is gone'));
    expect(given.ids.gone.noted('Thing').size).toBeGreaterThan(0);
    while (given.ids.gone.noted('Thing').size > 0) await turn(10);
  });
});

describe('records by their keys', () => {
  test('given many of them, some gone, when they are read by key, then all there come, in one read for 250 and one for nobody', async () => {
    const given = await givenRecords();
    const names = Array.from({ length: 300 }, (_, n) => `name-${n}`);
    const keyed = (name: string) =>
      given.records.create(Keyed, command(), (id) => decided({ id, name }), { key: name });
    await Promise.all(names.map(keyed));
    await given.records.change(byKey(Keyed, 'name-0'), command(), () => ended());
    given.calls.length = 0;
    const found = await given.records.withKeys(Keyed, [...names, 'name-1', 'nobody']);
    expect(found.map(({ name }) => name).sort()).toEqual(names.slice(1).sort());
    expect(given.calls).toHaveLength(3);
  });

  test('given records that are there, gone, and never made, when it is asked, then all but the last were made', async () => {
    const given = await givenRecords();
    const [first, second] = [await make(given), await make(given)];
    await remove(given, second);
    const answers = [first, second, second + 1].map((id) => given.records.wasMade(Thing, id));
    expect(await Promise.all(answers)).toEqual([true, true, false]);
  });
});

describe('numbers nobody uses', () => {
  test('given a process that died with numbers reserved, they are gone after a minute, and not before', async () => {
    const dead = await givenRecords();
    await make(dead);
    const given = await dead.another();
    const ids = [await make(given), await make(given)];
    const first = { number: 0, size: 2 };
    expect(idsOf((await given.records.list(Thing, first)).items)).toEqual([1, ids[0]]);
    expect(given.ids.gone.noted('Thing').size).toBe(0);

    given.pass(60_001);
    await given.records.list(Thing, first);
    await given.ids.gone.flush();
    const later = await given.another();
    expect(idsOf((await later.records.list(Thing, { number: 1, size: 2 })).items)).toEqual([ids[1]]);
    expectBounded(later, 3);
  });

  test.each([0, 1])(
    'given a record written after its number was taken for gone, it is listed, if %i look at that fails',
    async (failures) => {
      let hold: Promise<void> | undefined;
      let release = (): void => undefined;
      let failing = failures;
      const slow = await givenRecords({
        before: async ({ kind, path, body }) => {
          if (kind === 'state-write' && body.includes('"slow"')) await hold;
          if (kind === 'state-read' && `${path}${body}`.includes('gone-Thing-0') && failing-- > 0)
            throw new Error('the store is away');
          return undefined;
        },
      });
      hold = new Promise((resolve) => {
        release = resolve;
      });
      const made = make(slow, 'slow');
      const given = await givenRecords({ backend: slow.backend, clock: slow.clock });
      await eventually(async () =>
        expect(await given.ids.endOf('Thing', (await given.sidecar.read(['ids-Thing']))[0]).end).toBeGreaterThan(1),
      );
      await make(given);
      await given.records.list(Thing, { number: 0, size: 5 });
      given.pass(61_000);
      await given.records.list(Thing, { number: 0, size: 5 });
      await given.ids.gone.flush();
      expect((await given.sidecar.read(['gone-Thing']))[0]?.value).toMatchObject({ 0: 10 });

      release();
      const id = await made;
      const reader = await given.another();
      await eventually(async () =>
        expect(idsOf((await reader.records.list(Thing, { number: 0, size: 5 })).items)).toContain(id),
      );
    },
  );

  test('given numbers that went back and are reserved anew, they are not taken for gone', async () => {
    const one = await givenRecords();
    await make(one);
    const reader = await one.another();
    await reader.records.list(Thing, { number: 0, size: 5 });
    await one.ids.close();
    one.pass(61_000);
    const other = await one.another();
    const underWay = await other.ids.next('Thing');
    expect(underWay).toBe(2);
    await reader.records.list(Thing, { number: 0, size: 5 });
    expect([...reader.ids.gone.noted('Thing')]).toEqual([]);
  });

  test('given somebody used a number while it was noted, it is taken out again', async () => {
    const { ids, sidecar } = await givenRecords();
    ids.gone.note('Thing', [5, 6], async (numbers) => numbers.filter((number) => number === 5));
    await ids.gone.flush();
    expect((await sidecar.read(['gone-Thing']))[0]?.value).toEqual({ 0: 1 });
  });

  test('given the store is away when it is asked who used a number, then that is asked again', async () => {
    const { ids, sidecar } = await givenRecords();
    let isAway = true;
    ids.gone.note('Thing', [5, 6], async (numbers) => {
      if (isAway) throw new Error('the store is away');
      return numbers.filter((number) => number === 5);
    });
    await ids.gone.flush();
    isAway = false;
    await ids.gone.flush();
    expect((await sidecar.read(['gone-Thing']))[0]?.value).toEqual({ 0: 1 });
  });

  test('given two processes that note numbers of one block at once, all are noted and counted', async () => {
    const one = await givenRecords({ kind: 'redis' });
    const other = await one.another();
    one.ids.gone.note('Thing', [1, 2, 4_097]);
    other.ids.gone.note('Thing', [2, 3, 4_098]);
    await Promise.all([one.ids.gone.flush(), other.ids.gone.flush()]);
    await Promise.all([one.ids.gone.flush(), other.ids.gone.flush()]);
    expect((await one.sidecar.read(['gone-Thing']))[0]?.value).toEqual({ 0: 3, 1: 2 });
  });

  test('given a refused number when its block has served its time, it is noted as gone', async () => {
    const { ids, pass } = await givenRecords();
    const number = await ids.next('Thing');
    await ids.next('Thing');
    ids.putBack('Thing', number);
    pass(5_001);
    await ids.next('Thing');
    expect([...ids.gone.noted('Thing')]).toEqual([number]);
  });

  test('given a system at rest, what was reserved goes back and there are no gaps', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'performance', 'queueMicrotask'] });
    const given = await givenRecords();
    try {
      for (let id = 1; id <= 3; id++) {
        expect(await make(given)).toBe(id);
        given.pass(5_051);
        await jest.advanceTimersByTimeAsync(5_051);
      }
      expect((await given.sidecar.read(['ids-Thing']))[0]?.value).toMatchObject({ next: 4 });
    } finally {
      jest.useRealTimers();
    }
  });

  test('given others have reserved behind, what is left is noted as gone', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'performance', 'queueMicrotask'] });
    const one = await givenRecords();
    try {
      await make(one);
      const other = await one.another();
      await make(other);
      one.pass(5_051);
      await jest.advanceTimersByTimeAsync(5_051);
      await one.ids.gone.flush();
      const page = await (await one.another()).records.list(Thing, { number: 1, size: 1 });
      expect(idsOf(page.items)).toEqual([11]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('given a creation that is refused, its number is the next one', async () => {
    const given = await givenRecords();
    await expect(
      given.records.create(Thing, command(), () => {
        throw new RuleViolation('no');
      }),
    ).rejects.toThrow('no');
    expect(await make(given)).toBe(1);
  });

  test('given many processes that reserve, rest and give back at once, no number is given twice', async () => {
    const first = await givenRecords();
    const processes = [first, await first.another(), await first.another()];
    const given: number[] = [];
    for (let round = 0; round < 40; round++) {
      const some = processes.map(async ({ ids }, at) => {
        for (let i = 0; i <= (round * (at + 1)) % 7; i++) given.push(await ids.next('Thing'));
        if (round % (at + 2) === 0) await ids.close();
      });
      await Promise.all(some);
      if (round % 3 === 0) first.pass(5_100);
    }
    expect(new Set(given).size).toBe(given.length);
  });
});

describe('records that lists do not have', () => {
  const put = async ({ records }: GivenRecords, name: string): Promise<number> =>
    (await records.create(Shy, command(), (id) => decided({ id, name }))).id;
  const turn = ({ records }: GivenRecords, id: number, name: string) =>
    records.change(byId(Shy, id), command(), (state) => decided({ ...state, name }));
  const page = async ({ records }: GivenRecords, number: number, size: number): Promise<number[]> =>
    idsOf((await records.list(Shy, { number, size })).items);

  test('given any that are hidden and shown again, when they are listed, then every page is that of those shown', async () => {
    const op = fc.record({
      what: fc.constantFrom('show', 'hide', 'turn', 'turn', 'remove', 'pass', 'list', 'list', 'list'),
      count: fc.nat(30),
      size: fc.integer({ min: 1, max: 5 }),
      descending: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 40 }), async (ops) => {
        const given = await givenRecords();
        const all = new Map<number, boolean>();
        for (const { what, count, size, descending } of ops) {
          const id = [...all.keys()][count % Math.max(1, all.size)] ?? 0;
          if (what === 'show' || what === 'hide')
            all.set(await put(given, what === 'show' ? 'a' : 'hidden'), what === 'show');
          if (what === 'pass') given.pass(count * 5_000);
          if (what === 'turn' && id) {
            await turn(given, id, all.get(id) ? 'hidden' : 'a');
            all.set(id, !all.get(id));
          }
          if (what === 'remove' && all.delete(id)) await given.records.change(byId(Shy, id), command(), () => ended());
          if (what !== 'list') continue;
          const shown = [...all].flatMap(([one, isShown]) => (isShown ? [one] : [])).sort((a, b) => a - b);
          const pages = pagesOf(descending ? shown.toReversed() : shown, size);
          // One that is shown again may be on its way into the index while it is taken out of it.
          await eventually(async () => {
            const walked: number[][] = [];
            for (let number: number | undefined = 0; number !== undefined; ) {
              const found: Page<Thing> = await given.records.list(Shy, { number, size, descending });
              walked.push(idsOf(found.items));
              number = found.next;
            }
            expect(walked).toEqual(pages);
          });
        }
      }),
      { numRuns: 80 },
    );
  });

  test('given many that were hidden, when another process is asked for a page, then it is full, and costs no read more', async () => {
    const one = await givenRecords();
    const ids: number[] = [];
    for (let n = 0; n < 30; n++) ids.push(await put(one, 'a'));
    for (const id of ids.slice(0, 12)) await turn(one, id, 'hidden');
    await one.ids.gone.flush();
    const other = await one.another();
    expect(await page(other, 1, 5)).toEqual(ids.slice(17, 22));
    expectBounded(other, 3);
    expect(await other.records.get(Shy, ids[0]!)).toMatchObject({ name: 'hidden' });
  });

  test('given one that was hidden, when another process shows it again, then every process lists it', async () => {
    const one = await givenRecords();
    const ids = [await put(one, 'a'), await put(one, 'a'), await put(one, 'a')];
    await turn(one, ids[0]!, 'hidden');
    await one.ids.gone.flush();
    expect(await page(one, 0, 5)).toEqual(ids.slice(1));
    const other = await one.another();
    await turn(other, ids[0]!, 'a');
    await eventually(async () => expect(await page(one, 0, 5)).toEqual(ids));
    await eventually(async () => expect(await page(other, 0, 5)).toEqual(ids));
  });
});
