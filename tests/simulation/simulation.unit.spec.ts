import { log } from '../../services/kit/index.ts';
import { subjects } from '../crash/subjects/index.ts';
import { simulate } from './run.ts';
import { shrink } from './shrink.ts';
import { systemOf } from './systems.ts';

beforeAll(() => {
  log.silent = true;
});
afterAll(() => {
  log.silent = false;
});

/** A seed with troubles of every size. */
const STORMY = 10;

test('given a seed, when it is run twice, then everything happens in the same order at the same time', async () => {
  const system = systemOf('lecture');
  const [first, second] = [await simulate(system, STORMY), await simulate(system, STORMY)];
  expect(first.troubles.length).toBeGreaterThan(5);
  expect(first.trace.length).toBeGreaterThan(500);
  expect(second.trace).toEqual(first.trace);
});

test('given another seed, when it is run, then something else happens', async () => {
  const system = systemOf('lecture');
  const [first, second] = [await simulate(system, 1), await simulate(system, 2)];
  expect(second.trace).not.toEqual(first.trace);
});

test('given a run whose troubles are all forbidden, when it ends, then none has happened', async () => {
  const { troubles, violations } = await simulate(systemOf('rental'), STORMY, () => false);
  expect([troubles, violations]).toEqual([[], []]);
});

test.each(Object.keys(subjects))(
  'given %s under some seeds, when it is at rest, then nothing is lost or doubled',
  async (name) => {
    const system = systemOf(name);
    let all = 0;
    for (let seed = 1; seed <= 2; seed++) {
      const { violations, accepted } = await simulate(system, seed);
      expect(violations).toEqual([]);
      all += accepted;
    }
    expect(all).toBeGreaterThan(0);
  },
);

test('given a failure of two troubles among many, when it is shrunk, then those two are left', async () => {
  const all = Array.from({ length: 50 }, (_, number) => `trouble ${number}`);
  const guilty = ['trouble 7', 'trouble 31'];
  expect(await shrink(all, async (kept) => guilty.every((one) => kept.has(one)))).toEqual(guilty);
});
