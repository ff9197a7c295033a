import { answers, type Call, MemoryBackend } from '../testing/index.ts';
import { Sidecar } from './sidecar.ts';
import { readSurely } from './sure-read.ts';

const on = async (answer: (call: Call) => ReturnType<typeof answers.failure> | undefined, state: 'mysql' | 'redis') => {
  const backend = new MemoryBackend({ state });
  const before = (call: Call) => (call.kind === 'state-write' ? answer(call) : undefined);
  const sidecar = new Sidecar(backend.sidecar('lecture-class', { before }), 'lecture-class');
  await sidecar.ready(1_000);
  return sidecar.write([{ key: 'a', value: 1 }]).catch((error: { code: string; answered?: boolean }) => error);
};

test.each([
  ['MySQL says data too long', 'StoreRejected', 'mysql', "Error 1406 (22001): Data too long for column 'id' at row 1"],
  ['MySQL says incorrect string', 'StoreRejected', 'mysql', 'Error 1366 (HY000): Incorrect string value'],
  ['the driver says too large a packet', 'StoreRejected', 'mysql', 'packet for query is too large. Try adjusting'],
  ['MariaDB says JSON too deep', 'StoreRejected', 'mysql', 'Error 4025 (23000): CONSTRAINT `state.value` failed'],
  ['MySQL says deadlock', 'Unavailable', 'mysql', 'Error 1213 (40001): Deadlock found'],
  ['MySQL says read-only', 'Unavailable', 'mysql', 'Error 1290 (HY000): running with the --read-only option'],
  ['another etag lies there', 'Unavailable', 'mysql', 'possible etag mismatch'],
  ['Redis, which may have applied the rest, says anything', 'Unavailable', 'redis', 'Error 1406 (22001)'],
] as const)('given a write, when %s, then it is %s', async (_, expected, kind, text) => {
  expect(await on(() => answers.transactionFailed(text), kind)).toMatchObject({ name: expected });
});

test.each([
  [400, 'ERR_MALFORMED_REQUEST', 'StoreRejected'],
  [413, 'ERR_BODY_READ', 'StoreRejected'],
  [400, 'ERR_STATE_STORE_NOT_FOUND', 'Unavailable'],
  [401, 'ERR_TOKEN', 'Unavailable'],
  [429, 'ERR_BUSY', 'Unavailable'],
  [500, 'ERR_STATE_TRANSACTION', 'Unavailable'],
])('given a write, when the sidecar answers %i %s, then it is %s', async (status, code, expected) => {
  expect(await on(() => answers.failure(status, code, 'text'), 'redis')).toMatchObject({ name: expected });
});

describe('a result that breaks off', () => {
  /** A store with so many documents, whose answers to several keys end after the first two of them. */
  const broken = async (state: 'mysql' | 'redis', count: number) => {
    const backend = new MemoryBackend({ state });
    const calls: Call[] = [];
    let breaks = 0;
    const way = backend.sidecar('lecture-class', {
      before: (call) => {
        if (call.kind === 'state-read') calls.push(call);
        return undefined;
      },
      after: ({ path }, answer) => {
        if (!path.endsWith('/bulk') || breaks-- <= 0) return undefined;
        const items = JSON.parse(answer.body.toString()) as { key: string }[];
        return answers.json(
          200,
          items.map((item, at) => (at < 2 ? item : { key: item.key })),
        );
      },
    });
    const sidecar = new Sidecar(way, 'lecture-class');
    await sidecar.ready(1_000);
    const keys = Array.from({ length: count }, (_, at) => `k/${at}`);
    await sidecar.write(keys.map((key, value) => ({ key, value })));
    return {
      keys,
      calls,
      read: (times: number, asked: readonly string[] = keys) => {
        breaks = times;
        return readSurely(sidecar.state, asked);
      },
    };
  };

  test.each([
    [5, 1],
    [40, 1],
    [40, 2],
  ])(
    'given %i documents and %i broken answers, when they are read surely, then all are there',
    async (count, times) => {
      const { keys, read } = await broken('mysql', count);
      expect(await read(times)).toEqual(keys.map((key, value) => ({ key, value, etag: expect.any(String) })));
    },
  );

  test('given documents that are not there, when they are read surely, then they are not, after one more request', async () => {
    const { read, calls } = await broken('mysql', 1);
    expect(await read(0, ['k/0', 'nowhere'])).toEqual([expect.objectContaining({ value: 0 }), { key: 'nowhere' }]);
    expect(calls.map(({ method }) => method)).toEqual(['POST', 'GET']);
  });

  test('given one document, when it is read, then it is asked for by itself, which tells the truth in one request', async () => {
    const { read, calls } = await broken('mysql', 1);
    expect(await read(1, ['nowhere'])).toEqual([{ key: 'nowhere' }]);
    expect(calls.map(({ method }) => method)).toEqual(['GET']);
  });

  test('given Redis, whose answers are whole, when something is not there, then it is not asked for again', async () => {
    const { read, calls } = await broken('redis', 1);
    expect(await read(0, ['k/0', 'nowhere'])).toHaveLength(2);
    expect(calls).toHaveLength(1);
  });
});
