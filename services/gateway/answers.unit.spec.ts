import { createConnection } from 'node:net';
import { ask, closeAll, expectProblem, failed, type Opened, open, Raw, said, text, until } from './testing.ts';

/** Every answer is an answer (K8). */

afterEach(closeAll);

const ORIGIN = 'https://page.example';

describe('what is no request', () => {
  test.each<[what: string, bytes: string, status: number]>([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['an unfinished version', 'GET / HTT\r\n\r\n', 400],
    ['no version (HTTP/0.9)', 'GET /courses\r\n\r\n', 505],
    ['HTTP/2.0', 'GET /courses HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a bare line feed in a value', 'GET /courses HTTP/1.1\r\nHost: a\nb\r\n\r\n', 400],
    ['two lengths', 'POST /courses HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    [
      'length and chunked',
      'POST /courses HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['gzip, chunked', 'POST /courses HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', 501],
    ['a broken chunk', 'POST /courses HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
    ['two hosts', 'GET /courses HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['no host', 'GET /courses HTTP/1.1\r\n\r\n', 400],
    ['a host that is none', 'GET /courses HTTP/1.1\r\nHost: a/b?c\r\n\r\n', 400],
    ['a host with a user', 'GET /courses HTTP/1.1\r\nHost: me@shop.example\r\n\r\n', 400],
    ['a head that is too large', `GET /courses HTTP/1.1\r\nHost: a\r\nCookie: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['another expectation', 'POST /courses HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nContent-Length: 2\r\n\r\n{}', 417],
    ['CONNECT', 'CONNECT shop.example:443 HTTP/1.1\r\nHost: shop.example\r\n\r\n', 405],
    ['TRACE', 'TRACE /courses HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    ['GET http://', 'GET http:// HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['GET *', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['GET *^', 'GET *^ HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    [
      'two Idempotency-Keys',
      'POST /courses HTTP/1.1\r\nHost: a\r\nIdempotency-Key: one\r\nIDEMPOTENCY-KEY: two\r\nContent-Length: 2\r\n\r\n{}',
      400,
    ],
  ])('given %s, when it is sent, then a problem with request id, and nothing goes on', async (_, bytes, status) => {
    const entrance = await open();
    expectProblem(await ask(entrance, bytes), status);
    expect(entrance.asked).toEqual([]);
    expect((await ask(entrance, text('GET', '/courses'))).status).toBe(200);
  });

  test('given a page of another origin, when its request cannot be read, then the problem is open to it', async () => {
    const entrance = await open();
    const { headers } = await ask(entrance, `GET /courses HTTP/1.1\r\nOrigin: ${ORIGIN}\r\nHost: a\nb\r\n\r\n`);
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
    });
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  test('given a good request and one behind it that cannot be read, when both are sent at once, then both are answered in order', async () => {
    const entrance = await open({}, async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return said(200, '"good"');
    });
    const raw = (await Raw.open(entrance)).send(`${text('GET', '/courses')}nonsense\r\n\r\n`);
    const [good, bad] = await raw.answered(2);
    expect(good).toMatchObject({ status: 200, body: '"good"' });
    expectProblem(bad ?? no(), 400);
    await raw.closed();
  });
});

describe('another protocol', () => {
  test('given a request behind one for an upgrade, when both are sent at once, then the connection closes', async () => {
    const entrance = await open();
    const upgrade = text('GET', '/courses', { connection: 'Upgrade', upgrade: 'h2c' });
    const raw = (await Raw.open(entrance)).send(upgrade + text('GET', '/courses/1'));
    await raw.closed();
    expect(raw.answers[0]).toMatchObject({ status: 200, headers: { connection: 'close' } });
  });
});

describe('refusals', () => {
  test.each<[what: string, request: string, status: number]>([
    ['an unknown path', text('GET', '/nothing', { origin: ORIGIN }), 404],
    ['another method', text('LOCK', '/courses', { origin: ORIGIN }), 405],
    ['a body that is too large', text('POST', '/courses', { origin: ORIGIN, 'content-length': '5000000' }), 413],
    ['a path that is too long', text('GET', `/courses?${'q'.repeat(5_000)}`, { origin: ORIGIN }), 414],
    ['a post to the index', text('POST', '/', { origin: ORIGIN }, '{}'), 405],
  ])('given %s, when it is asked for, then the problem is open to every origin', async (_, request, status) => {
    const answer = await ask(await open(), request);
    expectProblem(answer, status);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-expose-headers': expect.stringContaining('retry-after'),
    });
    if (status === 405) expect(answer.headers.allow).toMatch(/GET/);
  });

  test.each<[what: string, head: Record<string, string>, status: number, isEarly: boolean]>([
    ['413', { 'content-length': '5000000', connection: 'close' }, 413, true],
    ['413 on a kept connection', { 'content-length': '5000000' }, 413, true],
    ['413 of chunks', { 'transfer-encoding': 'chunked', connection: 'close' }, 413, false],
  ])(
    'given a client that sends 5 MB and reads afterwards, when it is refused with %s, then it gets the answer, 6 of 6',
    async (_, head, status) => {
      const entrance = await open();
      const five = Buffer.alloc(5_000_000, 'x');
      const body = head['transfer-encoding']
        ? Buffer.concat([Buffer.from(`${five.length.toString(16)}\r\n`), five, Buffer.from('\r\n0\r\n\r\n')])
        : five;
      for (let n = 0; n < 6; n++) expectProblem(await blunt(entrance, text('POST', '/courses', head), body), status);
    },
  );

  test.each<[request: string, status: number]>([
    [text('POST', '/nothing', { 'content-length': '900000', connection: 'close' }), 404],
    [text('LOCK', '/courses', { 'content-length': '900000', connection: 'close' }), 405],
  ])(
    'given a client that sends 900 kB, when it is refused early (%#), then it gets the answer',
    async (request, status) => {
      const entrance = await open();
      for (let n = 0; n < 6; n++) expectProblem(await blunt(entrance, request, Buffer.alloc(900_000, 'x')), status);
    },
  );

  test('given a client that waits for 100 Continue, when its body is not wanted, then it is refused without being told to go on', async () => {
    const entrance = await open();
    const raw = (await Raw.open(entrance)).send(
      text('POST', '/courses', { expect: '100-continue', 'content-length': '2' }),
    );
    expect((await raw.answered())[0]?.status).toBe(100);
    expect((await raw.send('{}').answered(2))[1]?.status).toBe(200);
    const refused = (await Raw.open(entrance)).send(
      text('POST', '/nothing', { expect: '100-continue', 'content-length': '2' }),
    );
    const [answer] = await refused.answered();
    expectProblem(answer ?? no(), 404);
    expect(answer?.headers.connection).toBe('close');
  });
});

describe('answers of services', () => {
  test('given a service that says more than a body, when it answers, then what clients need passes, and nothing of the sidecar', async () => {
    const answered = {
      etag: '"1"',
      'last-modified': 'Thu, 26 Nov 2026 10:00:00 GMT',
      location: 'http://shop.example/courses/1',
      allow: 'GET',
      'retry-after': '7',
      'x-answered-bytes': '8',
      'dapr-callee-app-id': 'lecture-course',
      'x-forwarded-host': 'inner',
      'access-control-allow-origin': 'nobody',
    };
    const entrance = await open({}, () => said(201, '{"id":1}', answered));
    const { status, headers, body } = await ask(entrance, text('POST', '/courses', { origin: ORIGIN }, '{}'));
    expect({ status, body }).toEqual({ status: 201, body: '{"id":1}' });
    for (const name of ['etag', 'last-modified', 'location', 'allow', 'retry-after'] as const)
      expect(headers[name]).toBe(answered[name]);
    expect(headers['access-control-allow-origin']).toBe('*');
    for (const name of ['dapr-callee-app-id', 'x-forwarded-host', 'x-answered-by', 'x-answered-bytes', 'x-powered-by'])
      expect(headers).not.toHaveProperty(name);
  });

  test.each([204, 304])(
    'given a service that answers %i, when it goes back, then without a body, and the connection goes on',
    async (status) => {
      const entrance = await open({}, () => said(status, 'nothing to see', { etag: '"1"' }));
      const raw = (await Raw.open(entrance)).send(text('GET', '/courses/1', { 'if-none-match': '"1"' }).repeat(2));
      const answers = await raw.answered(2);
      expect(answers.map((answer) => answer.status)).toEqual([status, status]);
      expect(answers[0]?.headers.etag).toBe('"1"');
      expect(entrance.asked[0]?.headers['if-none-match']).toBe('"1"');
    },
  );

  test('given HEAD, when it is asked, then the head of GET without its body', async () => {
    const entrance = await open({}, () => said(200, 'twelve bytes'));
    const raw = (await Raw.open(entrance)).send(text('HEAD', '/courses', { connection: 'close' }));
    let all = '';
    raw.socket.on('data', (chunk) => {
      all += chunk;
    });
    await raw.closed();
    expect(all).toMatch(/^HTTP\/1.1 200 [\s\S]*content-length: 12[\s\S]*\r\n\r\n$/);
    expect(entrance.asked[0]?.method).toBe('GET');
  });

  test('given a preflight, when a token would be needed, then it is answered without', async () => {
    const admission = () => Promise.reject(new Error('not asked for'));
    const { status, headers } = await ask(
      await open({ admission }),
      text('OPTIONS', '/courses', {
        origin: ORIGIN,
        'access-control-request-method': 'DELETE',
        'access-control-request-headers': 'content-type, idempotency-key',
      }),
    );
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': expect.stringContaining('DELETE'),
      'access-control-allow-headers': 'content-type, idempotency-key',
    });
  });

  test('given the index, when it is read, then it links every public path, and nothing goes on', async () => {
    const entrance = await open();
    const { body } = await ask(entrance, text('GET', '/'));
    expect(JSON.parse(body)).toMatchObject({
      system: 'lecture',
      _links: { courses: { href: 'http://shop.example/courses' } },
    });
    expect(entrance.asked).toEqual([]);
  });

  test('given the sidecar does not answer, when it is asked, then 503 without a word of it', async () => {
    const entrance = await open({}, () => {
      throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:3500'), { code: 'ECONNREFUSED' });
    });
    const answer = await ask(entrance, text('POST', '/courses', {}, '{}'));
    expectProblem(answer, 503);
    expect(answer.body).toContain('Nothing was changed');
    entrance.answer = () => failed('failed to invoke, id: lecture-course, err: x', 500);
    expectProblem(await ask(entrance, text('GET', '/courses')), 503);
  });
});

/** Sends head and body whatever comes, and reads only when all is sent, as simple clients do. */
async function blunt({ port }: Opened, head: string, body: Buffer) {
  const socket = createConnection({ port, host: '127.0.0.1' });
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  const chunks: Buffer[] = [];
  let isSent = false;
  socket.pause();
  socket.write(head);
  socket.write(body, () => {
    isSent = true;
  });
  await until(
    () => isSent || failure !== undefined,
    5_000,
    () => 'not sent',
  );
  expect(failure).toBeUndefined();
  socket.on('data', (chunk) => chunks.push(chunk)).resume();
  const answer = () => Buffer.concat(chunks).toString();
  await until(
    () => /\r\n\r\n.*}/s.test(answer()),
    5_000,
    () => `${failure} ${answer()}`,
  );
  socket.destroy();
  const [front = '', rest = ''] = answer().split('\r\n\r\n');
  const headers = Object.fromEntries(
    front
      .split('\r\n')
      .slice(1)
      .map((line) => line.toLowerCase().split(': ')),
  );
  headers.vary = /vary: (.*)/i.exec(front)?.[1];
  return { status: Number(front.split(' ')[1]), headers, body: rest };
}

function no(): never {
  throw new Error('there is no answer');
}
