import express from 'express';
import { z } from 'zod';
import { Sidecar } from '../dapr/sidecar.ts';
import { tracedIn } from '../http/context.ts';
import { MemoryBackend } from '../testing/backend.ts';
import { ManualClock } from '../testing/clock.ts';
import { inject } from '../testing/inject.ts';
import type { SidecarOptions } from '../testing/parts.ts';
import { Configuration } from './configuration.ts';
import { realContext } from './context.ts';

const MINUTE_MS = 60_000;

/** A service's configuration with one key, beside a sidecar in memory. */
async function following(options: SidecarOptions = {}) {
  const backend = new MemoryBackend({ configuration: { STEP: '1' } });
  const clock = new ManualClock();
  const memory = backend.sidecar('toy-counter', options);
  const sidecar = new Sidecar(memory, 'toy-counter');
  await sidecar.ready(0, ['configuration']);
  const followed = new Configuration<{ STEP: string }>(sidecar, z.object({ STEP: z.string() }), clock);
  memory.app = express().use(tracedIn({ ...realContext, clock }), followed.router());
  await followed.start();
  return { clock, memory, followed, store: backend.configuration };
}

test('given hours of renewals, when the subscriptions at the sidecar are counted, then there is one', async () => {
  const { clock, followed, store } = await following();
  await clock.pass(300 * MINUTE_MS);
  expect(store.followed).toBe(1);
  await store.set('STEP', '2');
  await clock.pass(0);
  expect(followed.current.STEP).toBe('2');
});

test('given a sidecar that has just started, when it asks for topics, then changes are followed at once', async () => {
  // The sidecar answers when the request in which it asks is over.
  const after: SidecarOptions['after'] = async ({ path }) => {
    if (path.includes('subscribe')) await new Promise(setImmediate);
    return undefined;
  };
  const { clock, memory, followed, store } = await following({ after });
  store.forget();
  await inject(memory.app!, { method: 'GET', path: '/dapr/subscribe' });
  await clock.pass(0);
  expect(store.followed).toBe(1);
  await store.set('STEP', '2');
  await clock.pass(0);
  expect(followed.current.STEP).toBe('2');
});

test('given a sidecar that knows no subscription and has told nothing, when half a minute is over, then the change is in force', async () => {
  const { clock, followed, store } = await following();
  store.forget();
  await store.set('STEP', '2');
  await clock.pass(MINUTE_MS / 2);
  expect(followed.current.STEP).toBe('2');
});

test('given two changes of which the first is read late, when both were told, then the last one is in force', async () => {
  let answer: (() => void) | undefined;
  const late: SidecarOptions['after'] = async ({ path }) => {
    if (answer === undefined && !path.includes('subscribe') && path.includes('STEP') && isLate) {
      await new Promise<void>((done) => {
        answer = done;
      });
    }
    return undefined;
  };
  let isLate = false;
  const { clock, followed, store } = await following({ after: late });
  isLate = true;
  await store.set('STEP', '2');
  await store.set('STEP', '3');
  await clock.pass(0);
  expect(followed.current.STEP).toBe('1');
  answer?.();
  await clock.pass(0);
  expect(followed.current.STEP).toBe('3');
});

test('given a service that ends, when the subscriptions at the sidecar are counted, then there is none', async () => {
  const { followed, store } = await following();
  await followed.close();
  expect(store.followed).toBe(0);
});
