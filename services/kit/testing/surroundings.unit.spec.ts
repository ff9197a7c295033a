import express from 'express';
import { MemoryBackend, type MemorySidecar, type Message, type SidecarOptions } from './index.ts';

const CALL = { method: 'POST', headers: { 'content-type': 'application/json' } };
const path = (callee: string, method: string): string => `/v1.0/invoke/${callee}/method/${method}`;

/** A subscriber that keeps what it gets, and answers what a test says. */
function subscriber(outcome: (id: string) => string = () => 'SUCCESS') {
  const got: string[] = [];
  const app = express().use(express.json());
  app.get('/dapr/subscribe', (_, response) => {
    const bulkSubscribe = { enabled: true, maxMessagesCount: 10 };
    response.json([
      { pubsubname: 'toy-pubsub', topic: 'toy', route: '/events', bulkSubscribe, metadata: { rawPayload: 'true' } },
    ]);
  });
  app.post('/events', (request, response) => {
    const entries = request.body.entries as { entryId: string; event: string }[];
    const ids = entries.map(({ event }) => Buffer.from(event, 'base64').toString());
    got.push(...ids);
    response.json({ statuses: entries.map(({ entryId }, index) => ({ entryId, status: outcome(ids[index]!) })) });
  });
  return { got, app };
}

async function listening(
  backend: MemoryBackend,
  appId: string,
  app: express.Express,
  options?: SidecarOptions,
): Promise<MemorySidecar> {
  const sidecar = backend.sidecar(appId, options);
  await sidecar.attach(app);
  return sidecar;
}

const put = (backend: MemoryBackend, ...messages: [string, string?][]): void => {
  for (const [text, key] of messages) backend.broker.append('toy', { data: Buffer.from(text), key });
};
const text = ({ data }: Message): string => data.toString();

test('given two groups, when messages are delivered, then each gets all of them, also one that comes later', async () => {
  const backend = new MemoryBackend();
  const [one, two] = [subscriber(), subscriber()];
  await listening(backend, 'toy-one', one.app);
  put(backend, ['a'], ['b']);
  await listening(backend, 'toy-two', two.app);
  await backend.settle();
  expect([one.got, two.got]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
});

test('given two replicas of a group, when each gets a batch, then together they get each message once', async () => {
  const backend = new MemoryBackend();
  const [one, two] = [subscriber(), subscriber()];
  await listening(backend, 'toy-app', one.app);
  const second = await listening(backend, 'toy-app', two.app);
  put(backend, ['a'], ['b']);
  await backend.deliver('toy-app', { max: 1 });
  await backend.deliver('toy-app', { replica: second });
  expect([one.got, two.got]).toEqual([['a'], ['b']]);
});

test('given a batch, when it is reordered, doubled and its answer lost, then it comes so and comes again', async () => {
  const backend = new MemoryBackend();
  const { got, app } = subscriber();
  await listening(backend, 'toy-app', app);
  put(backend, ['a'], ['b']);
  const { again } = await backend.deliver('toy-app', { choose: ([a, b]) => [b!, a!, b!], loseAnswer: true });
  expect([got, again.map(text)]).toEqual([
    ['b', 'a', 'b'],
    ['b', 'a', 'b'],
  ]);
  await backend.settle();
  expect(got.slice(3)).toEqual(['a', 'b']);
});

test('given Kafka, when messages have keys, then one key is one partition, and a batch is of one partition', async () => {
  const backend = new MemoryBackend({ broker: 'kafka', partitions: 3 });
  const { app } = subscriber();
  await listening(backend, 'toy-app', app);
  put(backend, ...Array.from({ length: 12 }, (_, n): [string, string] => [`m${n}`, `k${n % 6}`]));
  const messages = backend.broker.messages('toy');
  for (const { key, partition } of messages)
    expect(messages.filter((other) => other.key === key).every((other) => other.partition === partition)).toBe(true);
  expect(new Set(messages.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  const { batch } = await backend.deliver('toy-app');
  expect(new Set(batch.map(({ partition }) => partition)).size).toBe(1);
});

test('given a message that nobody ever takes, when all is to be settled, then that is told', async () => {
  const backend = new MemoryBackend();
  const { app } = subscriber((id) => (id === 'bad' ? 'RETRY' : 'SUCCESS'));
  await listening(backend, 'toy-app', app);
  put(backend, ['good'], ['bad']);
  await expect(backend.settle()).rejects.toThrow('come again without end: toy-app 1');
  expect(backend.broker.waiting('toy', 'toy-app').map(text)).toEqual(['bad']);
});

test('given an open breaker, when its time is over, then one call tests it, and the others are told so', async () => {
  let now = 0;
  const backend = new MemoryBackend({ now: () => now });
  let status = 500;
  let release = (): void => undefined;
  const app = express().post('/x', async (_, response) => {
    if (status === 200)
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    response.status(status).json({ n: 1 });
  });
  await listening(backend, 'toy-callee', app);
  const trip = ({ consecutiveFailures }: { consecutiveFailures: number }) => consecutiveFailures >= 2;
  const caller = backend.sidecar('toy-caller', { callees: { 'toy-callee': { breaker: { trip, openMs: 5_000 } } } });
  const ask = async (): Promise<string> =>
    (await caller.request({ ...CALL, path: path('toy-callee', 'x'), body: '{}' })).body.toString();
  expect([await ask(), await ask()]).toEqual(['{"n":1}', '{"n":1}']);
  expect(await ask()).toContain('circuit breaker is open');
  now = 5_001;
  status = 200;
  const testing = ask();
  expect(await ask()).toContain('too many requests');
  await new Promise((resolve) => setImmediate(resolve));
  release();
  expect(await testing).toBe('{"n":1}');
  const [third, fourth] = [ask(), new Promise((resolve) => setImmediate(resolve))];
  await fourth;
  release();
  expect(await third).toBe('{"n":1}');
});

test('given hooks that refuse, answer and throw, when a call comes, then its caller sees what the hook says', async () => {
  const backend = new MemoryBackend({ state: 'mysql' });
  const write = (key: string) => ({
    ...CALL,
    path: '/v1.0/state/toy-state/transaction',
    body: JSON.stringify({ operations: [{ operation: 'upsert', request: { key, value: 1 } }] }),
  });
  const sidecar = backend.sidecar('toy-app', {
    before: ({ body }) => {
      if (body.includes('lost-before')) throw new Error('socket hang up');
      return undefined;
    },
    after: ({ body }) => {
      if (body.includes('lost-after')) throw new Error('socket hang up');
      return body.includes('cut') ? { status: 204, headers: {}, body: Buffer.alloc(0), broken: true } : undefined;
    },
  });
  await expect(sidecar.request(write('lost-before'))).rejects.toThrow('hang up');
  await expect(sidecar.request(write('lost-after'))).rejects.toThrow('hang up');
  expect((await sidecar.request(write('cut'))).broken).toBe(true);
  const documents = [...backend.store('toy').entries()].map(([key]) => key);
  expect(documents).toEqual(['toy-app||lost-after', 'toy-app||cut']);
});

test('given the same calls, when they are made on two backends, then the answers are the same', async () => {
  const run = async (): Promise<string[]> => {
    const backend = new MemoryBackend({ state: 'sqlite', now: () => 0 });
    const sidecar = backend.sidecar('toy-app');
    const said: string[] = [];
    for (const key of ['a', 'b', 'a']) {
      const body = JSON.stringify({ operations: [{ operation: 'upsert', request: { key, value: { key } } }] });
      await sidecar.request({ ...CALL, path: '/v1.0/state/toy-state/transaction', body });
      const read = { ...CALL, path: '/v1.0/state/toy-state/bulk', body: '{"keys":["b","a"]}' };
      said.push((await sidecar.request(read)).body.toString());
    }
    return said;
  };
  const [first, second] = [await run(), await run()];
  expect(first).toEqual(second);
  expect(new Set(first).size).toBe(3);
});
