import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import express from 'express';
import request from 'supertest';
import { jsonBody } from './body.ts';
import { concurrencyLimit } from './concurrency-limit.ts';
import { traced } from './context.ts';
import { asProblem } from './problem.ts';

let server: Server;
let port: number;
/** Ends what waits inside, the oldest first. */
let inside: (() => void)[] = [];

async function serving(limit: number, patienceMs: number): Promise<void> {
  const limited = concurrencyLimit(() => limit, patienceMs);
  const hold: express.RequestHandler = (_, response) => {
    inside.push(() => void response.json({ done: true }));
  };
  const app = express()
    .use(traced)
    .get('/work', limited, hold)
    .post('/work', ...jsonBody, limited, hold)
    .use(asProblem);
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
}

afterEach(() => {
  server.closeAllConnections();
  server.close();
  inside = [];
});

const until = async (check: () => boolean): Promise<void> => {
  for (const end = Date.now() + 3_000; !check(); await new Promise((next) => setTimeout(next, 2)))
    if (Date.now() > end) throw new Error('it did not come to this');
};
const sender = (text: string): Socket => {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.write(text);
  return socket;
};
const GET = 'GET /work HTTP/1.1\r\nHost: a\r\n\r\n';

test('given one place, when it is taken, then another request is refused at once with the advice to come again', async () => {
  await serving(1, 0);
  const first = request(server)
    .get('/work')
    .then((answer) => answer);
  await until(() => inside.length === 1);
  const { status, headers, body } = await request(server).get('/work');
  expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '1' });
  expect(body.detail).toMatch(/Nothing was changed.*try again/);
  inside[0]!();
  expect((await first).status).toBe(200);
  const second = request(server)
    .get('/work')
    .then((answer) => answer);
  await until(() => inside.length === 2);
  inside[1]!();
  expect((await second).status).toBe(200);
});

test('given one place and patience, when it becomes free in time, then who waited is let in; else refused', async () => {
  await serving(1, 300);
  const first = request(server)
    .get('/work')
    .then(({ status }) => status);
  await until(() => inside.length === 1);
  const waiting = request(server)
    .get('/work')
    .then(({ status }) => status);
  await new Promise((next) => setTimeout(next, 50));
  inside[0]!();
  await until(() => inside.length === 2);
  const late = request(server)
    .get('/work')
    .then(({ status }) => status);
  expect(await late).toBe(503);
  inside[1]!();
  expect(await Promise.all([first, waiting])).toEqual([200, 200]);
});

test('given a body that does not come, when it is waited for, then it takes no place', async () => {
  await serving(1, 0);
  const slow = sender('POST /work HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{');
  await once(slow, 'connect');
  const other = request(server)
    .get('/work')
    .then(({ status }) => status);
  await until(() => inside.length === 1);
  inside[0]!();
  expect(await other).toBe(200);
  slow.destroy();
});

test('given requests one behind the other on one connection, when it breaks, then all their places are free', async () => {
  await serving(3, 0);
  const crowd = sender(GET.repeat(3));
  await until(() => inside.length === 3);
  expect((await request(server).get('/work')).status).toBe(503);
  crowd.destroy();
  await once(crowd, 'close');
  await new Promise((seen) => setTimeout(seen, 50));
  const others = Array.from({ length: 3 }, () =>
    request(server)
      .get('/work')
      .then(({ status }) => status),
  );
  await until(() => inside.length === 6);
  for (const end of inside.slice(3)) end();
  expect(await Promise.all(others)).toEqual([200, 200, 200]);
});

test('given a command under way, when its client leaves, then it keeps its place until it is done', async () => {
  await serving(1, 0);
  const leaving = sender(
    'POST /work HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
  );
  await until(() => inside.length === 1);
  leaving.destroy();
  await once(leaving, 'close');
  await new Promise((seen) => setTimeout(seen, 50));
  expect((await request(server).get('/work')).status).toBe(503);
  inside[0]!();
  const next = request(server)
    .get('/work')
    .then(({ status }) => status);
  await until(() => inside.length === 2);
  inside[1]!();
  expect(await next).toBe(200);
});

test('given somebody who waits for his turn, when he goes, then the next is let in instead', async () => {
  await serving(1, 3_000);
  const first = request(server)
    .get('/work')
    .then(({ status }) => status);
  await until(() => inside.length === 1);
  const leaving = sender(GET);
  await once(leaving, 'connect');
  await new Promise((next) => setTimeout(next, 30));
  leaving.destroy();
  const next = request(server)
    .get('/work')
    .then(({ status }) => status);
  await new Promise((turn) => setTimeout(turn, 30));
  inside[0]!();
  await until(() => inside.length === 2);
  inside[1]!();
  expect(await Promise.all([first, next])).toEqual([200, 200]);
  expect(inside).toHaveLength(2);
});
