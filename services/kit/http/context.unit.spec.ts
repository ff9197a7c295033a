import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import express from 'express';
import { readSignal } from '../telemetry/telemetry.ts';
import { pause, traced } from './context.ts';
import { asProblem } from './problem.ts';

const until = async (check: () => boolean): Promise<void> => {
  for (const end = Date.now() + 3_000; !check(); await new Promise((next) => setTimeout(next, 2)))
    if (Date.now() > end) throw new Error('it did not come to this');
};

test('given requests one behind the other, when their client goes, then what was only for him ends, for all of them', async () => {
  const [begun, ended, reads]: [string[], string[], boolean[]] = [[], [], []];
  const work: express.RequestHandler = async ({ method }, response) => {
    begun.push(method);
    reads.push(readSignal() !== undefined);
    await pause(60_000).catch((error) => {
      ended.push(method);
      throw error;
    });
    response.json({});
  };
  const server = createServer(express().use(traced).get('/', work).post('/', work).use(asProblem)).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
  await until(() => begun.length === 2);
  expect(ended).toEqual([]);
  client.destroy();
  await until(() => ended.length === 2);
  // What a command has begun to write is finished all the same; what is only read is not.
  expect(reads).toEqual([true, false]);
  server.close();
});
