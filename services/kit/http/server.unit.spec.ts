import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import express from 'express';
import { jsonBody } from './body.ts';
import { pause, traced } from './context.ts';
import { asProblem, Problem } from './problem.ts';
import { BEHIND_SIDECAR, httpServer, type ServerSettings } from './server.ts';

const MEGABYTE = 1024 * 1024;
let server: Server | undefined;

async function listening(settings: Partial<ServerSettings> = {}): Promise<number> {
  const app = express()
    .use(traced)
    .post('/courses', ...jsonBody, (request, response) => void response.json(request.body))
    .post('/nobody', () => {
      throw new Problem(401, 'Unauthorized', 'A token is needed here.');
    })
    .get('/slow', async (_, response) => {
      await pause(100);
      response.json({ slow: true });
    })
    .get('/never', () => undefined)
    .use(asProblem);
  server = httpServer(app, { ...BEHIND_SIDECAR, ...settings }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((closed) => server?.close(closed));
});

/** All that comes until the server closes its half. */
async function answerTo(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  return text;
}

async function exchange(port: number, sent: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.write(sent);
  const text = await answerTo(socket);
  socket.end();
  return text;
}

test('given an expectation nobody knows, when a request comes, then it is answered as any other', async () => {
  const port = await listening();
  const text = await exchange(
    port,
    'POST /courses HTTP/1.1\r\nHost: a\r\nExpect: magic\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
  );
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
});

const problemIn = (text: string): Record<string, unknown> => JSON.parse(text.slice(text.lastIndexOf('\r\n\r\n') + 4));

test.each([
  ['no request at all', 'HELLO\r\n\r\n', 400, {}],
  ['two different lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400, {}],
  [
    'a head that is too large',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    { maxHeaderSize: 16_384 },
  ],
  ['a head that does not end', 'GET / HTTP/1.1\r\nHost: a\r\n', 408, { headersMs: 200 }],
  [
    'a body that does not come',
    'POST /courses HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    408,
    { requestMs: 300, headersMs: 200 },
  ],
] as const)(
  'given %s, when it is sent, then the answer is a problem and the connection ends',
  async (_, sent, status, settings) => {
    const text = await exchange(
      await listening({ ...settings, headers: { 'access-control-allow-origin': '*' } }),
      sent,
    );
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text).toContain('content-type: application/problem+json');
    expect(text).toContain('access-control-allow-origin: *');
    const id = /x-request-id: (\S+)/.exec(text)?.[1];
    expect(problemIn(text)).toMatchObject({
      status,
      title: expect.any(String),
      detail: expect.any(String),
      requestId: id,
    });
  },
);

test('given a request under way, when nonsense follows on its connection, then the request is answered first', async () => {
  const port = await listening();
  const text = await exchange(port, 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\nNONSENSE\r\n\r\n');
  expect(text.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
});

test.each(['/nobody', '/courses'])(
  'given a client that sends 5 MB to %s and wants to close, when it is refused before, then it reads the refusal',
  async (path) => {
    const port = await listening();
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const failures: Error[] = [];
    socket.on('error', (error) => failures.push(error));
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${5 * MEGABYTE}\r\n\r\n`,
    );
    const answer = answerTo(socket);
    for (let n = 0; n < 5; n++) if (!socket.write(Buffer.alloc(MEGABYTE, 32))) await once(socket, 'drain');
    expect(await answer).toMatch(path === '/nobody' ? /^HTTP\/1.1 401 / : /^HTTP\/1.1 413 /);
    expect(failures).toEqual([]);
    socket.end();
  },
);

test('given a client that was refused, when it sends on without end, then it is cut off', async () => {
  const port = await listening();
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.write('POST /nobody HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = `${MEGABYTE.toString(16)}\r\n${'x'.repeat(MEGABYTE)}\r\n`;
  let sent = 0;
  while (!socket.destroyed && sent < 200) {
    sent++;
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
  }
  expect(socket.destroyed).toBe(true);
});

test('given a request that is never answered, when its time is over, then the connection is cut', async () => {
  const port = await listening({ exchangeMs: 100 });
  expect(await exchange(port, 'GET /never HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('');
});
