import { ANSWERED_BYTES, type SidecarAnswer } from '../kit/index.ts';
import { failureOf } from './outcome.ts';
import { ask, closeAll, configured, expectProblem, failed, open, Raw, said, silence, text, until } from './testing.ts';

/** The right one is blamed, and no client chooses what is called (K4). */

afterEach(closeAll);

describe('headers', () => {
  test('given a client sends headers that no service reads, when it asks, then they do not go on, and it gets its answer', async () => {
    const entrance = await open();
    const head = {
      cookie: 'name=\u00e9\u00ff',
      'user-agent': '\u00fc',
      referer: 'http://\u00e4/',
      'dapr-app-id': 'lecture-gift',
      'dapr-api-token': 'secret',
      authorization: 'Basic ZGFwci1hcHAtaWQ6bGVjdHVyZS1naWZ0',
      accept: 'text/event-stream',
      'x-public-base': 'http://evil.example',
      'x-answered-by': 'me',
      'x-forwarded-host': 'evil.example',
      baggage: 'a=1',
      'idempotency-key': 'one',
      'if-match': '"1", "2"',
      'content-type': 'application/json',
      'x-request-id': 'mine',
    };
    const { status, headers } = await ask(entrance, text('POST', '/courses', head, '{}'));
    expect({ status, id: headers['x-request-id'] }).toEqual({ status: 200, id: 'mine' });
    expect(entrance.asked[0]).toMatchObject({ path: '/v1.0/invoke/lecture-course/method/courses' });
    expect(entrance.asked[0]?.headers).toEqual({
      'content-type': 'application/json',
      'idempotency-key': 'one',
      'if-match': '"1", "2"',
      'x-request-id': 'mine',
      'x-public-base': 'http://shop.example',
      traceparent: expect.stringMatching(/^00-/),
    });
  });

  test.each(['content-type', 'if-match'])(
    'given %s has bytes that the sidecar cannot pass on, when it is sent, then 400 names it',
    async (name) => {
      const entrance = await open();
      const answer = await ask(entrance, text('POST', '/courses', { [name]: 'caf\u00e9' }, '{}'));
      expectProblem(answer, 400);
      expect(JSON.parse(answer.body).detail).toContain(name);
      expect(entrance.asked).toEqual([]);
    },
  );

  test('given an Idempotency-Key of any text, when it is sent, then it goes on as the sidecar can pass it, and no two become one', async () => {
    const entrance = await open();
    for (const key of ["a 'b' %C3%A9", 'caf\u00e9', "UTF-8''caf%C3%A9"])
      await ask(
        entrance,
        text('POST', '/courses', { 'idempotency-key': key, 'content-type': 'application/json' }, '{}'),
      );
    expect(entrance.asked.map(({ headers }) => headers?.['idempotency-key'])).toEqual([
      "a 'b' %C3%A9",
      "UTF-8''caf%C3%A9",
      "UTF-8''UTF-8''caf%25C3%25A9",
    ]);
  });

  test('given headers that services read are larger than the sidecar takes, when they are sent, then 431; others may be larger', async () => {
    const entrance = await open();
    expectProblem(await ask(entrance, text('GET', '/courses', { 'if-match': `"${'x'.repeat(8_000)}"` })), 431);
    expect(entrance.asked).toEqual([]);
    expect((await ask(entrance, text('GET', '/courses', { cookie: 'x'.repeat(13_000) }))).status).toBe(200);
  });

  test('given a trace, when it is continued, then with its state; a state without a trace is dropped', async () => {
    const entrance = await open();
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await ask(entrance, text('GET', '/courses', { traceparent, tracestate: 'a=1' }));
    await ask(entrance, text('GET', '/courses', { tracestate: 'a=1' }));
    expect(entrance.asked[0]?.headers).toMatchObject({ traceparent, tracestate: 'a=1' });
    expect(entrance.asked[1]?.headers).not.toHaveProperty('tracestate');
  });
});

describe('paths', () => {
  test.each<[path: string, status: number]>([
    ['/courses/C%23', 404],
    ['/courses/1%3F2', 404],
    ['/courses/50%25', 404],
    ['/courses/circuit%20breaker%20is%20open', 404],
    ['/courses/a%2Fb', 404],
    ['/courses/a%5Cb', 404],
    ['/courses/a\\b', 404],
    ['/courses/1%00', 404],
    ['/courses/%0a', 404],
    ['/courses/\u00e9', 400],
    ['/courses/%ED%95%9C', 404],
    ['/courses/%E9', 400],
    ['/courses/%', 400],
    ['/courses/%zz', 400],
    ['/courses?q=%E9', 400],
    ['/courses?q=%zz', 400],
    ['/courses?q=\u00e9', 400],
    ['/courses?q="', 400],
    ['/courses#x', 404],
    ['/payments/../internal/payments', 404],
    ['/payments/%2e%2e/internal/payments', 404],
    ['/payments/..%2finternal%2fpayments', 404],
    ['/courses/./1', 404],
    ['//courses', 404],
    ['/courses//1', 404],
    ['/coursesandmore', 404],
    ['/internal/payments', 404],
    ['/deadletters', 404],
    ['/dapr/subscribe', 404],
    ['/v1.0/metadata', 404],
    ['//evil.example/courses', 404],
  ])('given %s, when it is asked for, then %i, and nothing goes on', async (path, status) => {
    const entrance = await open();
    expectProblem(await ask(entrance, text('GET', path)), status);
    expect(entrance.asked).toEqual([]);
  });

  test.each<[target: string, path: string]>([
    ['/courses/1', '/v1.0/invoke/lecture-course/method/courses/1'],
    ['/%63ourses/%31', '/v1.0/invoke/lecture-course/method/courses/1'],
    [
      '/courses?page=0&name=%ED%95%9C+%20%23%3F',
      '/v1.0/invoke/lecture-course/method/courses?page=0&name=%ED%95%9C+%20%23%3F',
    ],
    ['/payment/cancel/1', '/v1.0/invoke/lecture-pay/method/payment/cancel/1'],
    ['http://other.example/courses/1?a=b', '/v1.0/invoke/lecture-course/method/courses/1?a=b'],
  ])('given %s, when it is asked for, then its service is asked for the same', async (target, path) => {
    const entrance = await open();
    expect((await ask(entrance, text('GET', target))).status).toBe(200);
    expect(entrance.asked[0]?.path).toBe(path);
  });
});

describe('verdicts', () => {
  const url = (path: string) =>
    `failed to invoke, id: lecture-course, err: Get "http://127.0.0.1:8082/courses${path}": `;
  const refused = 'dial tcp 127.0.0.1:8082: connect: connection refused';

  test.each<[path: string]>([['/timeout'], ['/deadlineexceeded'], ['?q=timeout'], ['?q=circuit breaker is open']])(
    'given a service is down, when %s stands in the address, then it is still down, and not reached',
    (path) => {
      const text = JSON.stringify({ errorCode: 'ERR_DIRECT_INVOKE', message: url(path) + refused });
      expect(failureOf('lecture-course', text)).toMatchObject({ why: 'down', reached: false });
    },
  );

  test.each<[message: string, sure: boolean, retryAfter: string]>([
    [url('/1') + refused, true, '1'],
    [`${url('/1')}context deadline exceeded`, false, '1'],
    ['failed to invoke, id: lecture-course, err: circuit breaker is open', true, '5'],
    [`${url('/1')}EOF`, false, '1'],
  ])(
    'given the sidecar says %j, when a command is answered, then 503 says whether it may have been done',
    async (message, sure, retryAfter) => {
      const entrance = await open({}, () => failed(message));
      const post = await ask(entrance, text('POST', '/courses', {}, '{}'));
      expectProblem(post, 503);
      expect(post.headers['retry-after']).toBe(retryAfter);
      expect(JSON.parse(post.body).outcome).toBe(sure ? undefined : 'unknown');
      const get = await ask(entrance, text('GET', '/courses'));
      expectProblem(get, 503);
      expect(get.body).not.toMatch(/outcome|Idempotency-Key|Nothing was changed/);
    },
  );

  test.each<[what: string, status: number]>([
    ['an empty 200 of a service that was killed', 200],
    ['a bare 431 of the sidecar', 431],
    ['a refusal of access by the sidecar', 403],
  ])('given %s, when a command is answered, then 503 without the text of it', async (_, status) => {
    const entrance = await open({}, () => ({ status, headers: {}, body: Buffer.from('lecture-course inner text') }));
    const answer = await ask(entrance, text('POST', '/courses', {}, '{}'));
    expectProblem(answer, 503);
    expect(answer.body).not.toContain('inner text');
    expect(JSON.parse(answer.body).outcome).toBe('unknown');
  });

  test('given a service answers 500 with words of the sidecar in it, when it goes back, then as the service said it', async () => {
    const body = '{"errorCode":"MINE","message":"circuit breaker is open"}';
    const entrance = await open({}, () => said(500, body));
    expect(await ask(entrance, text('GET', '/courses'))).toMatchObject({ status: 500, body });
  });

  test.each<[what: string, half: SidecarAnswer]>([
    ['breaks off', { ...said(200), broken: true }],
    ['is a half that the sidecar ends as if it were whole', said(200, '{"id":', { [ANSWERED_BYTES]: '8' })],
    ['is a head that the sidecar ends as if it were whole', said(201, '', { [ANSWERED_BYTES]: '8' })],
  ])('given the answer %s, when a command is answered, then 503 with an unknown outcome', async (_, half) => {
    const entrance = await open({}, () => half);
    const answer = await ask(entrance, text('POST', '/courses', {}, '{}'));
    expectProblem(answer, 503);
    expect(JSON.parse(answer.body).outcome).toBe('unknown');
  });
});

describe('calls that nobody waits for', () => {
  test('given a client who leaves in the middle of an answer, when it comes no further, then the call ends', async () => {
    const entrance = await open({}, silence);
    const raw = (await Raw.open(entrance)).send(text('GET', '/courses'));
    await until(
      () => entrance.asked.length === 1,
      2_000,
      () => 'nothing is asked',
    );
    const [asked] = entrance.asked;
    expect(asked?.admit?.(1_000)).toBe(true);
    expect(asked?.signal?.aborted).toBe(false);
    raw.socket.resetAndDestroy();
    await until(
      () => asked?.signal?.aborted === true,
      2_000,
      () => 'it goes on',
    );
  });

  test('given a service that says how long clients wait for it, when it is silent, then they wait no longer', async () => {
    const entrance = await open({}, silence, 'rental-gateway');
    const began = Date.now();
    const answer = await ask(entrance, text('POST', '/products', {}, '{}'));
    const took = Date.now() - began;
    expectProblem(answer, 503);
    expect(JSON.parse(answer.body)).toMatchObject({
      outcome: 'unknown',
      detail: expect.stringMatching(/^rental-product is too slow/),
    });
    expect(took).toBeGreaterThanOrEqual(600);
    expect(took).toBeLessThan(2_000);
    expect(entrance.asked[0]?.signal?.aborted).toBe(true);
  });
});

describe('a breaker that serves all clients', () => {
  test('given a client who leaves, when its call is under way, then this goes on to its end, and keeps its place till then', async () => {
    const ends: (() => void)[] = [];
    const waiting = () => new Promise<ReturnType<typeof said>>((resolve) => ends.push(() => resolve(said(201))));
    const terms = { GATEWAY_IN_WORK: 6, GATEWAY_IN_WORK_PER_ADDRESS: 1, GATEWAY_QUEUE_MS: 0 };
    const entrance = await open(configured(terms), waiting, 'rental-gateway');
    const raw = (await Raw.open(entrance)).send(text('POST', '/products', {}, '{}'));
    await until(
      () => entrance.asked.length === 1,
      2_000,
      () => 'nothing is asked',
    );
    raw.socket.resetAndDestroy();
    let { status } = await ask(entrance, text('GET', '/products'));
    expect({ status, isEnded: entrance.asked[0]?.signal?.aborted }).toEqual({ status: 503, isEnded: false });
    expect(entrance.asked[0]?.admit?.(1_000)).toBe(false);
    for (const end of ends) end();
    entrance.answer = () => said(200);
    const end = Date.now() + 2_000;
    while (status !== 200 && Date.now() < end) ({ status } = await ask(entrance, text('GET', '/products')));
    expect(status).toBe(200);
  });

  test('given mistakes of clients, when the service answers, then the sidecar is told of none, and the client of its own', async () => {
    const entrance = await open({}, () => said(200, '{}', { 'x-refused-with': '404' }), 'rental-gateway');
    expect((await ask(entrance, text('GET', '/products/7'))).status).toBe(404);
    expect((await ask(entrance, text('GET', '/rentals/7'))).status).toBe(404);
    expect(entrance.asked.map(({ headers }) => headers['x-refusals-as-answers'])).toEqual(['yes', undefined]);
  });
});
