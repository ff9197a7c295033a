import { ManualClock } from '../testing/index.ts';
import { BatchPace } from './batch-pace.ts';

/** Milliseconds that batches of these sizes wait for their answers, each coming `gap` ms after the answer before. */
async function waits(sizes: readonly number[], { gap = 3, work = 0 } = {}): Promise<number[]> {
  const clock = new ManualClock();
  const pace = new BatchPace(clock);
  const waited: number[] = [];
  for (const size of sizes) {
    await clock.pass(gap);
    const began = clock.monotonic();
    await clock.pass(work);
    const ready = clock.monotonic();
    const before = waited.length;
    void pace.keep(began, size).then(() => waited.push(clock.monotonic() - ready));
    while (waited.length === before) await clock.pass(1);
  }
  return waited;
}

test('given batches that come one after the other, when they grow, then the patience grows with them, up to a full batch', async () => {
  expect(await waits([1, 2, 5, 9, 30, 60])).toEqual([0, 8, 20, 36, 40, 0]);
});

test('given a batch after a pause, when it is handled, then its answer does not wait', async () => {
  expect(await waits([3, 4], { gap: 10 })).toEqual([0, 0]);
});

test('given work that takes longer than the patience, when it is done, then the answer does not wait', async () => {
  expect(await waits([1, 2, 3], { work: 15 })).toEqual([0, 0, 0]);
});
