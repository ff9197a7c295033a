import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import express from 'express';
import { realContext } from '../runtime/context.ts';
import { readSignal } from '../telemetry/telemetry.ts';
import { pause, pauseBetween, traced, tracedIn } from './context.ts';
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

test.each([
  [0, 0, 0],
  [400, 0, 0],
  [400, 600, 450],
  [400, 300, 400],
])(
  'given bounds of %s and %s ms, when it is waited between them, then %s ms with a chance of 1/4',
  async (least, most, expected) => {
    const waits: number[] = [];
    const sleep = async (ms: number): Promise<void> => void waits.push(ms);
    const context = { ...realContext, random: () => 0.25, clock: { ...realContext.clock, sleep } };
    const wait: express.RequestHandler = async (_, response) => {
      await pauseBetween(least, most);
      response.json({});
    };
    const server = createServer(express().use(tracedIn(context)).get('/', wait)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect((await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).status).toBe(200);
    expect(waits).toEqual(expected > 0 ? [expected] : []);
    server.close();
  },
);
