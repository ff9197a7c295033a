import { expect } from '@jest/globals';
import fc from 'fast-check';
import { aggregate, decided, ended, type Identified } from '../domain/index.ts';
import type { Call } from '../testing/index.ts';
import { brokenOff, type GivenRecords, givenRecords, keysOf } from './given-records.ts';
import type { Page } from './pages.ts';
import { byId } from './ref.ts';

interface Row extends Identified {
  readonly owner: string | null;
}
const Row = aggregate<Row>('Row', { listBy: ['owner'] });
const Gift = aggregate<Row>('Gift', { keyedBy: 'owner', listBy: ['owner'] });
const Unique = aggregate<Row>('Unique', { uniqueBy: ['owner'] });

let commands = 0;
const command = () => ({ cause: `c${++commands}` });
const make = async ({ records }: GivenRecords, owner: string | null): Promise<number> =>
  (await records.create(Row, command(), (id) => decided({ id, owner }))).id;
const give = ({ records }: GivenRecords, id: number, owner: string | null) =>
  records.change(byId(Row, id), command(), (row) => decided({ ...row, owner }));
const remove = ({ records }: GivenRecords, id: number) => records.change(byId(Row, id), command(), () => ended());
const idsOf = (items: readonly Identified[]): number[] => items.map(({ id }) => id);

/** Many records with one owner, as a former version left them. */
async function seed(
  { sidecar, calls }: GivenRecords,
  count: number,
  isLive: (id: number) => boolean,
): Promise<number[]> {
  const all = Array.from({ length: count }, (_, i) => i + 1);
  const ranges = [...new Set(all.map((id) => Math.floor(id / 256)))];
  for (let at = 0; at < count; at += 1_000)
    await sidecar.write(
      all.slice(at, at + 1_000).map((id) => ({
        key: `Row-${id}`,
        value: { id, state: isLive(id) ? { id, owner: 'kim' } : null, version: 1, causes: [] },
      })),
    );
  await sidecar.write([
    { key: 'Row-by-owner-kim', value: ranges },
    ...ranges.map((range) => ({
      key: `Row-by-owner-kim-${range}`,
      value: all.filter((id) => Math.floor(id / 256) === range),
    })),
  ]);
  calls.length = 0;
  return all.filter(isLive);
}

const settled = async ({ calls }: GivenRecords): Promise<void> => {
  for (let before = -1; before !== calls.length; ) {
    before = calls.length;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

describe('searches by a field that many share', () => {
  test('given any creations, changes and deletions, every page is that of the plain list', async () => {
    const owner = fc.constantFrom('kim', 'lee', null);
    const op = fc.oneof(
      { weight: 4, arbitrary: fc.record({ what: fc.constant('make' as const), at: fc.nat(), owner }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('give' as const), at: fc.nat(), owner }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('remove' as const), at: fc.nat(), owner }) },
      { weight: 3, arbitrary: fc.record({ what: fc.constant('find' as const), at: fc.nat(3), owner }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (ops, size) => {
        const given = await givenRecords();
        let model: Row[] = [];
        for (const one of ops) {
          const { id } = model[one.at % Math.max(1, model.length)] ?? { id: 0 };
          if (one.what === 'make') model.push({ id: await make(given, one.owner), owner: one.owner });
          if (one.what === 'give' && id) {
            await give(given, id, one.owner);
            model = model.map((row) => (row.id === id ? { id, owner: one.owner } : row));
          }
          if (one.what === 'remove' && id) {
            await remove(given, id);
            model = model.filter((row) => row.id !== id);
          }
          if (one.what !== 'find') continue;
          const wanted = model.filter((row) => row.owner === 'kim');
          // As a client walks: what is found out on one page counts on the next.
          const found: number[] = [];
          for (let number: number | undefined = 0; number !== undefined; ) {
            const page: Page<Row> = await given.records.find(Row, 'owner', 'kim', { number, size });
            await settled(given);
            found.push(...idsOf(page.items));
            expect(page.items.length === size || page.next === undefined).toBe(true);
            number = page.next;
          }
          expect(found).toEqual(idsOf(wanted));
          expect(await given.records.findBy(Row, 'owner', 'null')).toEqual([]);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('given 20,000 records with one value, a page is full and costs a few bounded reads', async () => {
    const given = await givenRecords();
    const live = await seed(given, 20_000, () => true);
    for (const [number, descending, most] of [
      [0, false, 4],
      [90, false, 5],
      [90, false, 4],
      [0, true, 4],
    ] as const) {
      given.calls.length = 0;
      const page = await given.records.find(Row, 'owner', 'kim', { number, size: 200, descending });
      const all = descending ? live.toReversed() : live;
      expect(idsOf(page.items)).toEqual(all.slice(number * 200, (number + 1) * 200));
      expect(page.next).toBe(number + 1);
      const reads = given.calls.filter(({ kind }) => kind === 'state-read');
      expect(reads.length).toBeLessThanOrEqual(most);
      expect(Math.max(...reads.map((call) => keysOf(call).length))).toBeLessThanOrEqual(250);
      await settled(given);
    }
  });

  test('given 5,000 of which 95 % are gone, a client that follows next sees all, and later ones pay less', async () => {
    const given = await givenRecords();
    const live = await seed(given, 5_000, (id) => id % 20 === 0);
    const found = new Set<number>();
    for (let number: number | undefined = 0; number !== undefined; ) {
      given.calls.length = 0;
      const page: Page<Row> = await given.records.find(Row, 'owner', 'kim', { number, size: 100 });
      for (const id of idsOf(page.items)) found.add(id);
      // The last of them may be that of the correction, which has begun.
      expect(given.calls.filter(({ kind }) => kind === 'state-read').length).toBeLessThanOrEqual(10);
      await settled(given);
      number = page.next;
    }
    expect([...found].sort((a, b) => a - b)).toEqual(live);
    const later = await given.another();
    const page = await later.records.find(Row, 'owner', 'kim', { number: 1, size: 100 });
    expect(idsOf(page.items)).toEqual(live.slice(100, 200));
    expect(later.calls.filter(({ kind }) => kind === 'state-read').length).toBeLessThanOrEqual(4);
  });

  test('given more than fit into one read, a policy gets all in pieces of at most 250', async () => {
    const given = await givenRecords();
    const live = await seed(given, 1_500, (id) => id % 2 === 0);
    const pieces: number[][] = [];
    for await (const piece of given.records.each(Row, 'owner', 'kim')) pieces.push(idsOf(piece));
    expect(pieces.flat()).toEqual(live);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(250);
  });

  test('given more than 1,000, a search without pages answers the first 1,000', async () => {
    const given = await givenRecords();
    const live = await seed(given, 3_000, () => true);
    expect(idsOf(await given.records.findBy(Row, 'owner', 'kim'))).toEqual(live.slice(0, 1_000));
  });

  test('given no value, it is in no list, and an old list of "null" shows nobody', async () => {
    const given = await givenRecords();
    const id = await make(given, null);
    await given.sidecar.write([
      { key: 'Row-by-owner-null', value: [0] },
      { key: 'Row-by-owner-null-0', value: [id] },
    ]);
    expect(await given.records.findBy(Row, 'owner', 'null')).toEqual([]);
    const named = await make(given, 'null');
    expect(idsOf(await given.records.findBy(Row, 'owner', 'null'))).toEqual([named]);
  });

  test('given values that differ in capitals, blanks or signs alone, each has its own list', async () => {
    const given = await givenRecords();
    const owners = ['kim', 'Kim', 'kim ', 'kim||', '김', ' '];
    const ids: number[] = [];
    for (const owner of owners) ids.push(await make(given, owner));
    for (const [index, owner] of owners.entries())
      expect(idsOf(await given.records.findBy(Row, 'owner', owner))).toEqual([ids[index]]);
  });

  test('given one that its key finds and others by their lists, it is the first of all', async () => {
    const given = await givenRecords();
    const { records } = given;
    const ids: number[] = [];
    for (const key of ['kim', 'direct-1', 'direct-2', 'direct-3'])
      ids.push((await records.create(Gift, command(), (id) => decided({ id, owner: 'kim' }), { key })).id);
    const pages = [0, 1].map((number) => records.find(Gift, 'owner', 'kim', { number, size: 3 }));
    expect((await Promise.all(pages)).map(({ items }) => idsOf(items))).toEqual([ids.slice(0, 3), ids.slice(3)]);
    expect((await pages[0])?.next).toBe(1);
    expect((await pages[1])?.next).toBeUndefined();
  });

  test('given a unique field changed, the record is found by its new value alone', async () => {
    const { records } = await givenRecords();
    const made = await records.create(Unique, command(), (id) => decided({ id, owner: 'kim' }));
    await records.change(byId(Unique, made.id), command(), (one) => decided({ ...one, owner: 'lee' }));
    expect(await records.findBy(Unique, 'owner', 'lee')).toHaveLength(1);
    expect(await records.findBy(Unique, 'owner', 'kim')).toEqual([]);
  });

  test('given a reader takes a record for one that left the list just before it is written, then it is in the list', async () => {
    let isHeld = false;
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const before = async ({ kind, body }: Call): Promise<undefined> => {
      if (isHeld && kind === 'state-write' && body.includes('"key":"Row-1"')) await held;
    };
    const given = await givenRecords({ before });
    const reader = await given.another();
    await make(given, 'kim');
    isHeld = true;
    const changed = give(given, 1, 'lee');
    await settled(given);
    expect(await reader.records.findBy(Row, 'owner', 'lee')).toEqual([]);
    await settled(reader);
    go();
    await changed;
    await settled(given);
    expect(await reader.records.findBy(Row, 'owner', 'lee')).toEqual([{ id: 1, owner: 'lee' }]);
  });

  test('given a record that is back in a list when it is taken out, and no answer to that, then it is in the list', async () => {
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const given = await givenRecords();
    await make(given, 'kim');
    await give(given, 1, 'lee');
    const isCorrection = ({ kind, body }: Call): boolean =>
      kind === 'state-write' && body.includes('Row-by-owner-kim-0');
    const reader = await givenRecords({
      backend: given.backend,
      before: async (call) => (isCorrection(call) ? void (await held) : undefined),
      after: (call) => {
        if (isCorrection(call) && call.body.includes('"value":[]')) throw new Error('the connection broke');
        return undefined;
      },
    });
    expect(await reader.records.findBy(Row, 'owner', 'kim')).toEqual([]);
    await give(given, 1, 'kim');
    go();
    await settled(reader);
    expect(await given.records.findBy(Row, 'owner', 'kim')).toEqual([{ id: 1, owner: 'kim' }]);
  });

  test('given a list this process has written into, one more record takes one read and one write for it', async () => {
    const given = await givenRecords();
    await make(given, 'kim');
    given.calls.length = 0;
    await make(given, 'kim');
    expect(given.calls.map(({ kind }) => kind)).toEqual(['state-read', 'state-write', 'state-write']);
  });
});

test('given results that break off, when records are sought, listed or read, then none seems not to be there', async () => {
  let isBroken = false;
  const given = await givenRecords({
    after: (call) => (isBroken ? brokenOff(call) : undefined),
  });
  const ids = [await make(given, 'kim'), await make(given, 'kim')];
  isBroken = true;
  expect(idsOf(await given.records.findBy(Row, 'owner', 'kim'))).toEqual(ids);
  for await (const some of given.records.each(Row, 'owner', 'kim')) expect(idsOf(some)).toEqual(ids);
  expect(idsOf(await given.records.withKeys(Row, ids))).toEqual(ids);
  expect(idsOf(await given.records.newest(Row, 10))).toEqual(ids);
  expect(await given.records.get(Row, ids[0]!)).toMatchObject({ owner: 'kim' });
});
