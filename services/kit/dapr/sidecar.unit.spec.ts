import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { type Asked, withTrace } from '../telemetry/telemetry.ts';
import { ManualClock } from '../testing/clock.ts';
import { ANSWERED_BY, Sidecar } from './sidecar.ts';
import type { Transport } from './transport.ts';

test.each([
  ['its own answer', { [ANSWERED_BY]: 'there' }, '{"paid":true}', { paid: true }],
  [
    'an answer of another shape',
    { [ANSWERED_BY]: 'there' },
    '{"payed":true}',
    { why: 'nonsense', code: 'CALLEE_PROTOCOL' },
  ],
  ['an answer that was cut off', { [ANSWERED_BY]: 'there' }, '', { why: 'timeout', reached: true }],
  ['half an answer', { [ANSWERED_BY]: 'there' }, '{"paid":tr', { why: 'timeout', reached: true }],
  ['an answer of nobody', {}, '', { why: 'down', reached: true }],
])('given a callee, when %s comes, then it is taken for what it is', async (_, headers, body, expected) => {
  const server = createServer((_, response) => response.writeHead(200, headers).end(body));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const sidecar = new Sidecar((server.address() as AddressInfo).port, 'here');
  try {
    expect(
      await sidecar.call('there', 'work', {}, z.object({ paid: z.boolean() })).catch((error) => error),
    ).toMatchObject(expected);
  } finally {
    await sidecar.transport.close();
    server.close();
  }
});

test('given a client that reads and is gone, when something is asked for it, then reads of stores end, calls of services go on', async () => {
  const asked: [path: string, endsWithClient: boolean][] = [];
  const transport: Transport = {
    async request({ path, signal }) {
      asked.push([path, signal?.aborted === true]);
      return { status: 200, headers: { [ANSWERED_BY]: 'there' }, body: Buffer.from('{}') };
    },
    close: async () => undefined,
  };
  const sidecar = new Sidecar(transport, 'here');
  const client = { traceparent: '', requestId: 'r', isRead: true, signal: AbortSignal.abort() } as Asked;
  await withTrace(client, async () => {
    await sidecar.request('GET', '/v1.0/state/any');
    await sidecar.call('there', 'work', {}, z.object({}));
  });
  expect(asked).toEqual([
    ['/v1.0/state/any', true],
    ['/v1.0/invoke/there/method/work', false],
  ]);
});

test.each([
  ['there', 610],
  ['nowhere', 10_000],
])(
  'given %s is silent, when its %i ms are over, then the call has ended, and nobody knows what became of it',
  async (callee, ms) => {
    const clock = new ManualClock();
    const transport: Transport = {
      request: ({ signal }) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')))),
      close: async () => undefined,
    };
    const sidecar = new Sidecar(transport, 'here', clock, { there: 610 });
    let failure: unknown;
    const call = sidecar.call(callee, 'work', {}, z.object({})).catch((error) => {
      failure = error;
    });
    await clock.pass(ms - 1);
    expect(failure).toBeUndefined();
    await clock.pass(1);
    await call;
    expect(failure).toMatchObject({ why: 'timeout', reached: true, outcome: 'unknown' });
  },
);
