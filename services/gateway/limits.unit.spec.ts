import { realContext } from '../kit/index.ts';
import { Shares } from './limits.ts';
import { ask, closeAll, configured, expectProblem, open, Raw, said, silence, text, until } from './testing.ts';

/** Nobody can take the entrance from the others (K2). */

afterEach(closeAll);

const OTHER = '127.0.0.2';
const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

describe('requests under way', () => {
  test('given one connection that sends 80 requests without waiting, when it is gone, then none of them goes on', async () => {
    const entrance = await open({}, silence);
    const raw = (await Raw.open(entrance)).send(text('GET', '/courses?size=200').repeat(80));
    await until(
      () => entrance.asked.length > 0,
      2_000,
      () => 'nothing is asked',
    );
    await nextTurn();
    expect(entrance.asked.length).toBe(1);
    raw.socket.resetAndDestroy();
    await until(
      () => entrance.asked.every(({ signal }) => signal?.aborted),
      2_000,
      () => `${entrance.asked.filter(({ signal }) => !signal?.aborted).length} of ${entrance.asked.length} go on`,
    );
  });

  test('given one connection that sends 80 requests without waiting, when it reads, then each is answered in its turn', async () => {
    const entrance = await open({}, async ({ path }) => {
      const number = Number(path.split('/').at(-1));
      await new Promise((resolve) => setTimeout(resolve, number % 3));
      return said(200, String(number));
    });
    const raw = await Raw.open(entrance);
    raw.send(Array.from({ length: 80 }, (_, number) => text('GET', `/courses/${number}`)).join(''));
    const answers = await raw.answered(80, 20_000);
    expect(answers.map(({ body }) => Number(body))).toEqual(Array.from({ length: 80 }, (_, number) => number));
  });

  test('given more pipelined requests than may wait, when the first are answered, then the next gets 503 and a closed connection', async () => {
    const limits = { begun: 1, waiting: 10, waitingPerAddress: 5 };
    const entrance = await open({ limits }, silence);
    const raw = (await Raw.open(entrance)).send(text('GET', '/courses').repeat(200));
    await until(
      () => entrance.asked.length > 0,
      2_000,
      () => 'nothing is asked',
    );
    expect((await ask(entrance, text('GET', '/healthz'))).status).toBe(204);
    entrance.answer = () => said(200);
    raw.socket.destroy();
    const second = (await Raw.open(entrance)).send(text('GET', '/courses').repeat(200));
    const answers = await second.answered(7);
    expect(answers.slice(0, 6).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    await second.closed();
    expect(second.answers.at(-1)).toMatchObject({ status: 503, headers: { connection: 'close' } });
  });

  test('given one address takes all it may, when nobody may wait, then 503 at once; another address and readiness are served', async () => {
    const terms = { GATEWAY_IN_WORK: 6, GATEWAY_IN_WORK_PER_ADDRESS: 3, GATEWAY_QUEUE_MS: 0 };
    const entrance = await open(configured(terms), silence);
    for (let n = 0; n < 3; n++) (await Raw.open(entrance)).send(text('GET', '/courses'));
    await until(
      () => entrance.asked.length === 3,
      2_000,
      () => `${entrance.asked.length} are asked`,
    );
    const began = Date.now();
    const refused = await ask(entrance, text('GET', '/courses'));
    expectProblem(refused, 503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(Date.now() - began).toBeLessThan(500);
    entrance.answer = () => said(200);
    expect((await ask(entrance, text('GET', '/courses'), OTHER)).status).toBe(200);
    expect((await ask(entrance, text('GET', '/readyz'))).status).toBe(204);
  });

  test('given a service that does not answer, when its time is over, then 503 and its place is free', async () => {
    const entrance = await open(
      { limits: { forwardMs: 100 }, ...configured({ GATEWAY_IN_WORK_PER_ADDRESS: 1 }) },
      silence,
    );
    const get = await ask(entrance, text('GET', '/courses'));
    expectProblem(get, 503);
    expect(get.body).not.toContain('Idempotency-Key');
    const post = await ask(entrance, text('POST', '/courses', {}, '{}'));
    expectProblem(post, 503);
    expect(JSON.parse(post.body)).toMatchObject({ outcome: 'unknown' });
    expect(entrance.asked.every(({ signal }) => signal?.aborted)).toBe(true);
    entrance.answer = () => said(200);
    expect((await ask(entrance, text('GET', '/courses'))).status).toBe(200);
  });
});

describe('slow senders', () => {
  test('given 100 clients that send one byte of their body, when others come, then the others are served at once', async () => {
    const entrance = await open({ limits: { silenceMs: 400 }, ...configured({ GATEWAY_IN_WORK: 2 }) });
    const slow = await Promise.all(Array.from({ length: 100 }, () => Raw.open(entrance)));
    for (const raw of slow) raw.send(`${text('POST', '/courses', { 'content-length': '100' })}{`);
    await nextTurn();
    expect((await ask(entrance, text('POST', '/courses', {}, '{}'))).status).toBe(200);
    for (const raw of slow) expectProblem((await raw.answered())[0] ?? fail(), 408);
    expect(entrance.asked).toHaveLength(1);
  });

  test('given a client that sends its body byte by byte without end, when its whole time is over, then 408', async () => {
    const entrance = await open({ limits: { silenceMs: 200, bodyMs: 400 } });
    const raw = (await Raw.open(entrance)).send(text('POST', '/courses', { 'content-length': '100000' }));
    const drip = setInterval(() => raw.send('x'), 20);
    const [answer] = await raw.answered();
    clearInterval(drip);
    expectProblem(answer ?? fail(), 408);
  });

  test('given a client that does not finish its head, when its time is over, then 408', async () => {
    const entrance = await open({ limits: { headMs: 300 } });
    const raw = (await Raw.open(entrance)).send('GET /courses HTTP/1.1\r\nHost: shop.example\r\nX-Slow: ');
    expectProblem((await raw.answered())[0] ?? fail(), 408);
    await raw.closed();
  });

  test('given bodies take all the room one address may have, when it sends more, then 503; another address is served', async () => {
    const entrance = await open({ limits: { bodies: 1_000, bodiesPerAddress: 300 } });
    const half = (await Raw.open(entrance)).send(
      text('POST', '/courses', { 'content-length': '300' }) + 'x'.repeat(299),
    );
    await nextTurn();
    expectProblem(await ask(entrance, text('POST', '/courses', {}, '{ }')), 503);
    expect((await ask(entrance, text('POST', '/courses', {}, '{ }'), OTHER)).status).toBe(200);
    half.socket.destroy();
    await until(
      () => half.isClosed,
      2_000,
      () => 'open',
    );
    await nextTurn();
    expect((await ask(entrance, text('POST', '/courses', {}, '{ }'))).status).toBe(200);
  });

  test('given a body in pieces, when it is whole, then it goes on as it was sent', async () => {
    const entrance = await open();
    const raw = (await Raw.open(entrance)).send(text('POST', '/courses', { 'transfer-encoding': 'chunked' }));
    for (const piece of ['{"a"', ':', '1}']) {
      raw.send(`${piece.length.toString(16)}\r\n${piece}\r\n`);
      await nextTurn();
    }
    raw.send('0\r\n\r\n');
    expect((await raw.answered())[0]?.status).toBe(200);
    expect(entrance.asked[0]?.body?.toString()).toBe('{"a":1}');
  });
});

describe('slow readers', () => {
  const large = Buffer.alloc(8 * 1024 * 1024, 'x');

  test('given clients that do not read their answers, when others come, then no place is taken; the former are cut off', async () => {
    const limits = { unreadMs: 500, answersPerAddress: 64 * 1024 * 1024 };
    const entrance = await open({ limits, ...configured({ GATEWAY_IN_WORK: 2 }) }, () => said(200, large));
    const lazy = [];
    for (let n = 0; n < 4; n++) {
      const raw = await Raw.open(entrance);
      raw.socket.pause();
      raw.send(text('GET', '/courses'));
      await until(
        () => entrance.asked.length === n + 1,
        2_000,
        () => 'not asked',
      );
      lazy.push(raw);
    }
    entrance.answer = () => said(200);
    expect((await ask(entrance, text('GET', '/courses'))).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    for (const raw of lazy) {
      raw.socket.resume();
      await raw.closed();
      expect(raw.answers).toEqual([]);
    }
  });

  test('given one address leaves answers unread, when they fill its room, then it is told 503; another address is served', async () => {
    const limits = { answers: 24 * 1024 * 1024, answersPerAddress: 12 * 1024 * 1024 };
    const entrance = await open({ limits }, () => said(200, large));
    const lazy = await Raw.open(entrance);
    lazy.socket.pause();
    lazy.send(text('GET', '/courses'));
    await until(
      () => entrance.asked.length === 1,
      2_000,
      () => 'not asked',
    );
    await nextTurn();
    expectProblem(await ask(entrance, text('GET', '/courses')), 503);
    expect((await ask(entrance, text('GET', '/courses'), OTHER)).status).toBe(200);
    lazy.socket.destroy();
    await nextTurn();
    expect((await ask(entrance, text('GET', '/courses'))).status).toBe(200);
  });

  test('given a client that reads drop by drop, when its time is over, then it is cut off', async () => {
    const entrance = await open({ limits: { readingMs: 200, readingRate: large.length, unreadMs: 10_000 } }, () =>
      said(200, large),
    );
    const lazy = await Raw.open(entrance);
    lazy.socket.pause();
    lazy.send(text('GET', '/courses'));
    await until(
      () => entrance.asked.length === 1,
      2_000,
      () => 'not asked',
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    lazy.socket.resume();
    await lazy.closed();
    expect(lazy.answers).toEqual([]);
  });
});

describe('connections', () => {
  test('given an address with all its connections, when it opens another, then that gets 503 and other addresses are served', async () => {
    const entrance = await open({ limits: { connections: 20, connectionsPerAddress: 5 } });
    const idle = await Promise.all(Array.from({ length: 5 }, () => Raw.open(entrance)));
    const raw = (await Raw.open(entrance)).send(text('GET', '/courses'));
    expectProblem((await raw.answered())[0] ?? fail(), 503);
    await raw.closed();
    expect((await ask(entrance, text('GET', '/healthz'))).status).toBe(204);
    expect((await ask(entrance, text('GET', '/courses'), OTHER)).status).toBe(200);
    for (const one of idle) one.socket.destroy();
    await nextTurn();
    expect((await ask(entrance, text('GET', '/courses'))).status).toBe(200);
  });

  test('given a connection on which nothing is ever sent, when its time is over, then it is closed', async () => {
    const entrance = await open({ limits: { headMs: 300 } });
    await (await Raw.open(entrance)).closed();
  });
});

test('given shares, when one address takes its part, then no more for it, until it gives back', () => {
  const shares = new Shares(3, 2);
  expect([shares.take('a'), shares.take('a'), shares.take('a')]).toEqual([true, true, false]);
  expect([shares.take('b'), shares.take('b')]).toEqual([true, false]);
  shares.give('a');
  expect(shares.take('b')).toBe(true);
});

function fail(): never {
  throw new Error('there is no answer');
}

describe('a clock that is set back by an hour', () => {
  /** The clock of a gateway, and what sets it back. */
  const settable = () => {
    let ahead = 3_600_000;
    const clock = { ...realContext.clock, now: () => Date.now() + ahead };
    return {
      context: { ...realContext, clock },
      setBack: (): void => {
        ahead = 0;
      },
    };
  };

  test('given a body that has begun, when nothing more of it comes, then 408 in time', async () => {
    const { context, setBack } = settable();
    const entrance = await open({ context, limits: { silenceMs: 100 } });
    const raw = (await Raw.open(entrance)).send(text('POST', '/courses', { 'content-length': '10' })).send('{');
    await nextTurn();
    setBack();
    const [answer] = await raw.answered(1, 2_000);
    expectProblem(answer!, 408);
  });

  test('given a request that waits for its turn, when it does not come, then 503 in time', async () => {
    const { context, setBack } = settable();
    const entrance = await open({ context, ...configured({ GATEWAY_IN_WORK: 1, GATEWAY_QUEUE_MS: 200 }) }, silence);
    (await Raw.open(entrance)).send(text('GET', '/courses'));
    const raw = (await Raw.open(entrance)).send(text('GET', '/courses'));
    await nextTurn();
    setBack();
    const [answer] = await raw.answered(1, 2_000);
    expectProblem(answer!, 503);
  });
});
