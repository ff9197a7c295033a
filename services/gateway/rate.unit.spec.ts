import { Refused } from './admission.ts';
import type { Options } from './options.ts';
import { outsideFrom, PublicBase } from './public-base.ts';
import { SETTINGS } from './settings.ts';
import { ask, closeAll, configured, expectProblem, open, text } from './testing.ts';

afterEach(closeAll);

const OTHER = '127.0.0.2';
const two = configured({ GATEWAY_RATE_REQUESTS: 2, GATEWAY_RATE_SECONDS: 30 });
const get = (headers: Record<string, string> = {}): string => text('GET', '/courses', headers);

const token = (subject: string): Record<string, string> => ({ authorization: `Bearer ${subject}` });

describe('given a client may send two requests', () => {
  test('when it sends three, then the third is 429 and does not go on; another address is served', async () => {
    const entrance = await open(two);
    const first = await ask(entrance, get());
    expect(first.headers['ratelimit-policy']).toBe('"client";q=2;w=30');
    expect(first.headers.ratelimit).toMatch(/^"client";r=1;t=(30|29)$/);
    expect((await ask(entrance, get())).headers.ratelimit).toMatch(/^"client";r=0;t=\d+$/);
    const third = await ask(entrance, get());
    expectProblem(third, 429);
    expect(third.headers.ratelimit).toMatch(/^"client";r=0;t=\d+$/);
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(25);
    expect(entrance.asked).toHaveLength(2);
    expect((await ask(entrance, get(), OTHER)).status).toBe(200);
  });

  test('when it says that it is somebody else, then it is not believed', async () => {
    const entrance = await open({ ...two, outside: new PublicBase() });
    const statuses = [];
    for (let n = 0; n < 3; n++) {
      const answered = { 'x-forwarded-for': `10.0.0.${n}`, forwarded: `for=10.0.0.${n}`, ...token(`${n}`) };
      statuses.push((await ask(entrance, get(answered))).status);
    }
    expect(statuses).toEqual([200, 200, 429]);
  });

  test('when a trusted proxy says who its clients are, then each has its own two', async () => {
    const entrance = await open({ ...two, outside: outsideFrom({ TRUSTED_PROXIES: '127.0.0.1' }) });
    const statuses = [];
    // What a client puts before it changes nothing: the proxy's own word is the last.
    for (const client of ['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.1'])
      statuses.push((await ask(entrance, get({ 'x-forwarded-for': `9.9.9.${statuses.length}, ${client}` }))).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  test('when health and a preflight are asked for, then they do not count', async () => {
    const entrance = await open(two);
    const preflight = { origin: 'https://shop.example', 'access-control-request-method': 'GET' };
    for (let n = 0; n < 3; n++) {
      expect((await ask(entrance, text('GET', '/healthz'))).status).toBe(204);
      expect((await ask(entrance, text('OPTIONS', '/courses', preflight))).status).toBe(204);
    }
    expect((await ask(entrance, get())).headers.ratelimit).toContain('r=1');
  });
});

describe('given tokens are wanted and a client may send two requests', () => {
  const admission: Options['admission'] = async (authorization) => {
    if (!authorization) throw new Refused(401, 'A token is needed.', 'Bearer');
    return { subject: authorization.slice('Bearer '.length), person: '', roles: [], scopes: [], isProgram: false };
  };

  test('when subjects share an address, then each has its own two, wherever it comes from', async () => {
    const entrance = await open({ ...two, admission });
    const statuses = [];
    const asking: [subject: string, from: string][] = [
      ['ann', '127.0.0.1'],
      ['ann', OTHER],
      ['ben', OTHER],
      ['ann', OTHER],
    ];
    for (const [sub, from] of asking) statuses.push((await ask(entrance, get(token(sub)), from)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  test('when an address is refused again and again, then 429 takes the place of 401', async () => {
    const entrance = await open({ ...two, admission });
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await ask(entrance, get())).status);
    expect(statuses).toEqual([401, 401, 429]);
  });
});

test('given limits are switched on and off while it runs, when a client asks, then what is said last holds', async () => {
  const following = { settings: SETTINGS, isConfigurationChange: () => false };
  const entrance = await open({ following });
  expect((await ask(entrance, get())).headers).not.toHaveProperty('ratelimit');
  following.settings = { ...SETTINGS, GATEWAY_RATE_REQUESTS: 1 };
  expect((await ask(entrance, get())).status).toBe(200);
  expect((await ask(entrance, get())).status).toBe(429);
  following.settings = { ...SETTINGS, GATEWAY_RATE_REQUESTS: 5 };
  expect((await ask(entrance, get())).headers.ratelimit).toContain('r=4');
  following.settings = SETTINGS;
  const { status, headers } = await ask(entrance, get());
  expect(status).toBe(200);
  expect(headers).not.toHaveProperty('ratelimit-policy');
});
