import { Chance } from './chance.ts';
import { Entrance } from './entrance.ts';
import { crowd, overtake } from './meanwhile.ts';
import { systemOf } from './systems.ts';
import { World } from './world.ts';

const CALM = { calls: 0, batches: 0, blows: 0, replicas: 1, clients: 1, commands: 1 } as const;
const COURSE = 'lecture-course||Course-1';

const worldOf = (profile: 'light' | 'full' = 'light'): World =>
  new World(systemOf('lecture'), new Chance(1), { ...CALM, profile });

/** A course in the store of its service. */
function courseIn(world: World) {
  const { name, kind } = world.storeOf('lecture-course');
  const store = world.backend.store(name, kind);
  const value = { id: 1, state: { id: 1, name: 'a' }, version: 3, causes: ['mine#1'] };
  store.apply({ operation: 'upsert', key: COURSE, value, etag: undefined, firstWrite: false, ttl: undefined });
  return { store, read: () => JSON.parse(store.get(COURSE)!.value) as typeof value, etag: store.get(COURSE)!.etag };
}

test.each(['light', 'full'] as const)(
  'given a transaction on %s, when others overtake it, then the document is as it was, and its ETag is not',
  (profile) => {
    const world = worldOf(profile);
    const { store, read, etag } = courseIn(world);
    const value = { ...read(), version: 4 };
    const body = JSON.stringify({ operations: [{ operation: 'upsert', request: { key: 'Course-1', value, etag } }] });
    expect(overtake(world, { appId: 'lecture-course', body })).toBe(1);
    expect(read()).toMatchObject({ version: 3, state: { name: 'a' } });
    const late = { operation: 'upsert', key: COURSE, value, etag, firstWrite: true, ttl: undefined } as const;
    expect(() => store.transact([late])).toThrow(/etag mismatch|failed to set key/);
  },
);

test('given a document that others change a hundred times, when it is read, then it remembers none before them', () => {
  const world = worldOf();
  const { read } = courseIn(world);
  expect(crowd(world, 'lecture-course', 'Course-1')).toBe(true);
  expect(read()).toMatchObject({ version: 103, state: { name: 'a' } });
  expect(read().causes).toHaveLength(100);
  expect(read().causes).not.toContain('mine#1');
});

test('given an entrance that is killed, when it starts again, then who waited got no answer, and who asks gets one', async () => {
  const world = worldOf();
  const entrance = new Entrance(world);
  const ask = () => entrance.ask({ method: 'GET', path: '/', limitMs: 1_000 });
  const answered = async (asked: ReturnType<typeof ask>) => {
    let isOver = false;
    void asked.then(() => {
      isOver = true;
    });
    await world.time.run(() => isOver, world.time.now + 2_000);
    return isOver ? asked : 'late';
  };
  entrance.boot();
  const cut = ask();
  entrance.kill();
  expect(await answered(cut)).toBeUndefined();
  expect(await answered(ask())).toBeUndefined();
  entrance.boot();
  expect(await answered(ask())).toMatchObject({ status: 200 });
});
