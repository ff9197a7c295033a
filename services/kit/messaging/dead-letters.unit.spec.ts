import { z } from 'zod';
import { aggregate, CalleeUnavailable, create, decided, event, whenever } from '../index.ts';
import { type Handling, handling } from '../testing/handling.ts';
import { answers, type Call } from '../testing/index.ts';

interface Box {
  readonly id: number;
  readonly key: string;
}
const Box = aggregate<Box>('Box', { keyedBy: 'key' });
const Made = event('Made', z.looseObject({ key: z.string() }));
let isDown = false;
const policies = () => [
  whenever(Made, ({ key }) => {
    if (isDown) throw new CalleeUnavailable('lecture-pay', 'down', false);
    return create(Box, key, (id) => decided({ id, key }));
  }),
];
beforeEach(() => {
  isDown = false;
});

const letters = (on: Handling) => on.states('DeadLetter') as unknown as { id: number; replayed: boolean }[];
const topic = (on: Handling, name: string): Record<string, unknown>[] =>
  on.backend.broker.messages(name).map(({ data }) => JSON.parse(data.toString()));
const ask = async (on: Handling, method: string, path: string) => {
  const { status, body } = await on.request(method, path);
  return { status, body: body.length > 0 ? (JSON.parse(body.toString()) as Record<string, unknown>) : undefined };
};

/** An event that lacks a field, of about this many bytes. */
const unreadable = (on: Handling, bytes = 0) =>
  on.event('e||1', 'Made', { filler: 'x'.repeat(bytes) }, { subject: 's' });

test('given an unreadable event of just below 1 MB, when it comes, then the letter is small, and is published by reference', async () => {
  const on = await handling(policies);
  await on.consumer.take([unreadable(on, 1_000_000)]);
  await on.clock.pass(100);
  expect(JSON.stringify(letters(on)).length).toBeLessThan(20_000);
  expect(topic(on, 'lecture-deadletter')).toMatchObject([
    {
      type: 'DeadLetter',
      data: {
        id: 1,
        consumer: 'lecture-course',
        reason: expect.stringContaining('key'),
        event: { id: 'e||1', type: 'Made', subject: 's' },
      },
    },
  ]);
  expect(await ask(on, 'POST', '/deadletters/1/replay')).toMatchObject({ status: 422 });
});

test('given an unreadable letter, when it is replayed, then 422 with the reason, and there is still one', async () => {
  const on = await handling(policies);
  await on.consumer.take([unreadable(on)]);
  const { status, body } = await ask(on, 'POST', '/deadletters/1/replay');
  expect([status, body?.detail]).toEqual([422, expect.stringContaining('key')]);
  expect(letters(on)).toMatchObject([{ id: 1, replayed: false }]);
});

test('given a letter that can be handled now, when it is replayed, then it is handled; before that, 503', async () => {
  const on = await handling(policies);
  await on.deadLetters.bury({ event: on.event('e', 'Made', { key: 'a' }), reason: 'given up' });
  isDown = true;
  expect(await ask(on, 'POST', '/deadletters/1/replay')).toMatchObject({
    status: 503,
    body: { detail: expect.stringContaining('lecture-pay is down') },
  });
  expect(on.states('Deferred')).toEqual([]);
  isDown = false;
  expect(await ask(on, 'POST', '/deadletters/1/replay')).toMatchObject({ status: 200, body: { replayed: true } });
  expect(on.states('Box')).toMatchObject([{ key: 'a' }]);
  expect(await ask(on, 'GET', '/deadletters/1')).toMatchObject({ body: { replayed: true, stage: 'consume' } });
});

test('given a letter, when it is dropped, then it is gone, and its event that comes once more is none again', async () => {
  const on = await handling(policies);
  await on.consumer.take([unreadable(on)]);
  expect(await ask(on, 'DELETE', '/deadletters/1')).toMatchObject({ status: 204 });
  expect(await ask(on, 'DELETE', '/deadletters/1')).toMatchObject({ status: 404 });
  expect(await ask(on, 'GET', '/deadletters/1')).toMatchObject({ status: 404 });
  expect(await on.consumer.take([unreadable(on)])).toEqual(['SUCCESS']);
  expect(letters(on)).toEqual([]);
});

test('given two events with one id and different content, when both are unreadable, then there are two letters', async () => {
  const on = await handling(policies);
  await on.consumer.take([unreadable(on), unreadable(on, 1), unreadable(on)]);
  expect(letters(on)).toHaveLength(2);
});

describe('a parked event', () => {
  const publication = { cloudEvent: { id: 'p/1', type: 'Published', data: { a: 1 } }, partitionKey: '7' };

  test('given one that the broker takes after all, when it is replayed, then it is on its topic', async () => {
    const on = await handling(policies);
    await on.deadLetters.park(publication, 'lecture', 'too large');
    expect(letters(on)).toMatchObject([{ stage: 'publish', topic: 'lecture', reason: 'too large' }]);
    expect(await ask(on, 'POST', '/deadletters/1/replay')).toMatchObject({ status: 200 });
    expect(topic(on, 'lecture')).toMatchObject([{ id: 'p/1' }]);
  });

  test('given a broker that does not take it, when it is replayed, then the answer says so', async () => {
    const before = ({ kind }: Call) =>
      kind === 'publish'
        ? answers.failure(500, 'ERR_PUBSUB_PUBLISH_MESSAGE', 'dial tcp: connection refused')
        : undefined;
    const on = await handling(policies, { before });
    await on.deadLetters.park(publication, 'lecture', 'too large');
    expect(await ask(on, 'POST', '/deadletters/1/replay')).toMatchObject({ status: 503 });
    expect(letters(on)).toMatchObject([{ replayed: false }]);
  });

  test('given the news of a dead letter that was refused, when it is parked, then no further news is published', async () => {
    const on = await handling(policies);
    await on.deadLetters.park(publication, 'lecture-deadletter', 'refused');
    await on.clock.pass(100);
    expect(letters(on)).toHaveLength(1);
    expect(topic(on, 'lecture-deadletter')).toEqual([]);
  });
});
