import type { RequestListener } from 'node:http';
import express from 'express';
import { Sidecar } from '../dapr/sidecar.ts';
import { ManualClock, MemoryBackend } from '../testing/index.ts';
import { Subscription } from './subscription.ts';

/** Longer than everything that the subscription waits for between two looks. */
const WHILE_MS = 60_000;

/** A subscription beside a sidecar that loses its first answers: the connection ends in the middle of them. */
async function beside({ lost = 0, isWanted = true } = {}) {
  const clock = new ManualClock();
  const memory = new MemoryBackend().sidecar('toy-thing', {});
  const sidecar = new Sidecar(memory, 'toy-thing', clock);
  await sidecar.ready(0);
  const subscription = new Subscription({ sidecar, isWanted, clock });
  const app = express().use(subscription.router());
  let left = lost;
  const listener: RequestListener = (request, response) => {
    if (left-- <= 0) return app(request, response);
    response.writeHead(200, { 'content-length': 100 }).write('[{');
    response.destroy();
  };
  return { clock, memory, subscription, listener };
}

test('given the answer was cut off, when the next process finds no subscription, then the sidecar starts again and has it', async () => {
  const { clock, memory, subscription, listener } = await beside({ lost: 1 });
  await memory.attach(listener);
  subscription.start();
  expect(memory.subscriptions).toEqual([]);
  await clock.pass(34_000);
  expect(memory.shutdowns).toBe(0);
  await clock.pass(1_000);
  expect(memory.shutdowns).toBe(1);
  expect(memory.subscriptions).toMatchObject([{ topic: 'toy' }]);
  await clock.pass(10 * WHILE_MS);
  expect({ shutdowns: memory.shutdowns, stalled: subscription.stalled }).toEqual({ shutdowns: 1, stalled: undefined });
});

test('given a sidecar that took the answer, when it is looked at, then that is once, and it goes on', async () => {
  const { clock, memory, subscription, listener } = await beside();
  subscription.start();
  await memory.attach(listener);
  const before = memory.activity;
  await clock.pass(10 * WHILE_MS);
  expect({ shutdowns: memory.shutdowns, asked: memory.activity - before }).toEqual({ shutdowns: 0, asked: 2 });
});

test('given a sidecar that has not asked yet, when time goes by, then it is left alone until it has started', async () => {
  const { clock, memory, subscription } = await beside();
  subscription.start();
  await clock.pass(10 * WHILE_MS);
  expect(memory.shutdowns).toBe(0);
});

test('given no restart helps, when three have been asked for, then it gives up and says so, until one helps', async () => {
  const { clock, memory, subscription, listener } = await beside({ lost: 4 });
  await memory.attach(listener);
  subscription.start();
  await clock.pass(35_000 + WHILE_MS - 1);
  expect({ shutdowns: memory.shutdowns, stalled: subscription.stalled }).toEqual({ shutdowns: 1, stalled: undefined });
  await clock.pass(10 * WHILE_MS);
  expect(memory.shutdowns).toBe(3);
  expect(subscription.stalled).toBe('the sidecar has no subscription to toy after 3 restarts');
  await memory.attach(listener);
  await clock.pass(WHILE_MS);
  expect({ shutdowns: memory.shutdowns, stalled: subscription.stalled }).toEqual({ shutdowns: 3, stalled: undefined });
});

test.each([
  ['that follows no event', { isWanted: false }, false],
  ['that has ended', {}, true],
])('given a service %s, when its sidecar has no subscription, then that is as it should be', async (_, of, ends) => {
  const { clock, memory, subscription, listener } = await beside({ lost: 1, ...of });
  await memory.attach(listener);
  subscription.start();
  if (ends) subscription.close();
  await clock.pass(10 * WHILE_MS);
  expect(memory.shutdowns).toBe(0);
});
