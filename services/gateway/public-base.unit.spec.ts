import { outsideFrom } from './public-base.ts';
import { shareOf } from './share.ts';
import { ask, closeAll, expectProblem, open, text } from './testing.ts';

/** Links are right behind TLS and a prefix (K8). */

afterEach(closeAll);

const TRUSTED = { TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.0/8 fd00::/8' };

test.each<[what: string, env: Record<string, string>, headers: Record<string, string>, base: string]>([
  ['nothing but a Host header', {}, { host: 'shop.example:8088' }, 'http://shop.example:8088'],
  ['a Host of IPv6', {}, { host: '[::1]:8088' }, 'http://[::1]:8088'],
  [
    'a public address',
    { PUBLIC_URL: 'https://shop.example/api/' },
    { host: 'inner', 'x-forwarded-host': 'evil' },
    'https://shop.example/api',
  ],
  [
    'a proxy that is not trusted',
    {},
    { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' },
    'http://shop.example',
  ],
  [
    'a trusted proxy',
    TRUSTED,
    { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a.example', 'x-forwarded-prefix': '/api' },
    'https://a.example/api',
  ],
  ['a trusted proxy that names no host', TRUSTED, { 'x-forwarded-proto': 'https' }, 'https://shop.example'],
  [
    'a client that sends what its proxy appends to',
    TRUSTED,
    {
      'x-forwarded-for': '6.6.6.6, 9.9.9.9',
      'x-forwarded-proto': 'http, https',
      'x-forwarded-host': 'evil.example, a.example',
    },
    'https://a.example',
  ],
  [
    'two trusted proxies',
    TRUSTED,
    {
      'x-forwarded-for': '9.9.9.9, 10.1.1.1',
      'x-forwarded-proto': 'https, http',
      'x-forwarded-host': 'a.example, inner',
    },
    'https://a.example',
  ],
  [
    'a proxy that speaks RFC 7239',
    TRUSTED,
    { forwarded: 'for=6.6.6.6;host=evil.example, for="[2001:db8::1]:4711";proto=https;host=a.example' },
    'https://a.example',
  ],
  ['a prefix that is none', TRUSTED, { 'x-forwarded-prefix': '//evil.example' }, 'http://shop.example'],
])('given %s, when a service is asked, then it is told where clients see it', async (_, env, headers, base) => {
  const entrance = await open({ outside: outsideFrom(env) });
  expect((await ask(entrance, text('GET', '/courses', headers))).status).toBe(200);
  expect(entrance.asked[0]?.headers['x-public-base']).toBe(base);
});

test('given a trusted proxy names a host that is none, when a service is asked, then 400', async () => {
  const entrance = await open({ outside: outsideFrom(TRUSTED) });
  expectProblem(await ask(entrance, text('GET', '/courses', { 'x-forwarded-host': 'a/b' })), 400);
});

test('given an absolute address, when a service is asked, then its host stands for the Host header', async () => {
  const entrance = await open();
  await ask(entrance, text('GET', 'http://other.example:81/courses'));
  expect(entrance.asked[0]?.headers['x-public-base']).toBe('http://other.example:81');
  expectProblem(await ask(entrance, text('GET', 'http://me@other.example/courses')), 400);
});

test('given clients behind a trusted proxy, when one of them takes all it may, then another is served', async () => {
  const options = { outside: outsideFrom(TRUSTED), limits: { bodies: 1_000, bodiesPerAddress: 3 } };
  const entrance = await open(options);
  const from = (address: string) => text('POST', '/courses', { 'x-forwarded-for': address }, '{  }');
  expectProblem(await ask(entrance, from('9.9.9.9')), 503);
  const other = text('POST', '/courses', { 'x-forwarded-for': '8.8.8.8' }, '{}');
  expect((await ask(entrance, other)).status).toBe(200);
  const { outside } = options;
  const seen = (headers: Record<string, string>) => outside.of({ host: 'a', ...headers }, '127.0.0.1', true).address;
  expect(seen({ 'x-forwarded-for': '6.6.6.6, 9.9.9.9, 10.0.0.7' })).toBe('9.9.9.9');
  expect(seen({ 'x-forwarded-for': 'nonsense' })).toBe('127.0.0.1');
  expect(seen({ forwarded: 'for="[2001:db8:1:2:3::1]"' })).toBe('2001:db8:1:2');
});

test.each([
  [{ PUBLIC_URL: 'shop.example' }, 'PUBLIC_URL'],
  [{ PUBLIC_URL: 'ftp://shop.example' }, 'PUBLIC_URL'],
  [{ PUBLIC_URL: 'https://me:secret@shop.example' }, 'PUBLIC_URL'],
  [{ PUBLIC_URL: 'https://shop.example/?a=b' }, 'PUBLIC_URL'],
  [{ TRUSTED_PROXIES: 'proxy.example' }, 'TRUSTED_PROXIES'],
  [{ TRUSTED_PROXIES: '10.0.0.0/33' }, 'TRUSTED_PROXIES'],
  [{ TRUSTED_PROXIES: '10.0.0.0/' }, 'TRUSTED_PROXIES'],
])('given %j, when the gateway starts, then a sentence names it', (env, name) => {
  expect(() => outsideFrom(env)).toThrow(name);
});

test.each([
  ['::ffff:127.0.0.1', '127.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::6', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
])('given the address %s, when it takes a share, then it counts as %s', (address, share) => {
  expect(shareOf(address)).toBe(share);
});
