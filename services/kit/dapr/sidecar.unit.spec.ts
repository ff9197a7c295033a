import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { ANSWERED_BY, Sidecar } from './sidecar.ts';

test.each([
  ['its own answer', { [ANSWERED_BY]: 'there' }, '{"paid":true}', { paid: true }],
  [
    'an answer of another shape',
    { [ANSWERED_BY]: 'there' },
    '{"payed":true}',
    { why: 'nonsense', code: 'CALLEE_PROTOCOL' },
  ],
  ['an answer that was cut off', { [ANSWERED_BY]: 'there' }, '', { why: 'timeout', reached: true }],
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
