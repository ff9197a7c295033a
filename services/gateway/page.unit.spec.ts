import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { pagesOf } from '../../tools/run/infrastructure/pages.ts';
import { Refused } from './admission.ts';
import { PublicBase } from './public-base.ts';
import { routes } from './routes.ts';
import { ask, closeAll, expectProblem, open, Raw, said, text } from './testing.ts';

/** The page for the people of a system, under /app/. */

afterEach(closeAll);

const BUDGET = 20_000;
const page = {
  'index.html': '<!doctype html><title>page</title>',
  'page-ABCDEFGH.js': `console.log(${'1'.repeat(2_000)})`,
  'icon.svg': '<svg/>',
};
const get = (path: string, headers: Record<string, string> = {}): string => text('GET', path, headers);

describe('a page', () => {
  test('given a browser, when it opens the page, then it is answered without the services, and held to the policy', async () => {
    const entrance = await open({ page });
    const { status, headers, body } = await ask(entrance, get('/app/'));
    expect({ status, body }).toEqual({ status: 200, body: page['index.html'] });
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['cache-control']).toBe('no-cache');
    const policy = headers['content-security-policy'] ?? '';
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/unsafe|\*|data:|http/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(entrance.asked).toEqual([]);
  });

  test('given a file that is named by its content, when it is asked for, then it may be kept for good', async () => {
    const { headers } = await ask(await open({ page }), get('/app/page-ABCDEFGH.js'));
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  test.each<[accepted: string, coding: string | undefined]>([
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['identity', undefined],
    ['brotli, x-gzip', undefined],
  ])(
    'given a client that takes %s, when it asks for a file, then it gets it so, under an ETag of its own',
    async (accepted, coding) => {
      const entrance = await open({ page });
      const { headers, body } = await ask(entrance, get('/app/page-ABCDEFGH.js', { 'accept-encoding': accepted }));
      const bytes = Buffer.from(body, 'latin1');
      const plain = coding === 'br' ? brotliDecompressSync(bytes) : coding === 'gzip' ? gunzipSync(bytes) : bytes;
      expect(plain.toString()).toBe(page['page-ABCDEFGH.js']);
      expect(headers['content-encoding']).toBe(coding);
      expect(headers.vary).toContain('Accept-Encoding');
      const again = get('/app/page-ABCDEFGH.js', { 'accept-encoding': accepted, 'if-none-match': headers.etag ?? '' });
      expect(await ask(entrance, again)).toMatchObject({ status: 304, body: '' });
      const other = await ask(entrance, get('/app/', { 'if-none-match': headers.etag ?? '' }));
      expect(other.status).toBe(200);
    },
  );

  test('given HEAD, when the page is asked for, then the head of GET without its body', async () => {
    const raw = (await Raw.open(await open({ page }))).send(text('HEAD', '/app/', { connection: 'close' }));
    let all = '';
    raw.socket.on('data', (chunk) => {
      all += chunk;
    });
    await raw.closed();
    expect(all).toMatch(
      new RegExp(`^HTTP/1.1 200 [\\s\\S]*content-length: ${page['index.html'].length}[\\s\\S]*\r\n\r\n$`),
    );
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'given %s, when it is sent to the page, then 405 and Allow',
    async (method) => {
      const entrance = await open({ page });
      for (const path of ['/app/', '/app', '/app/icon.svg']) {
        const answer = await ask(entrance, text(method, path, {}, '{}'));
        expectProblem(answer, 405);
        expect(answer.headers.allow).toBe('GET, HEAD');
      }
      expect(entrance.asked).toEqual([]);
    },
  );

  test.each([
    '/app/nothing.js',
    '/app/index.htm',
    '/app//icon.svg',
    '/app/../classes',
    '/app/..%2f..%2fpackage.json',
    '/app/%2e%2e/package.json',
    '/app/__proto__',
    '/apps/',
    '/app/icon.svg/',
  ])('given %s, when it is asked for, then 404, and nothing goes on', async (path) => {
    const entrance = await open({ page });
    expectProblem(await ask(entrance, get(path)), 404);
    expect(entrance.asked).toEqual([]);
  });

  test('given an entrance that asks for a token, when the page is opened, then it is shown; the services stay closed', async () => {
    const admission = () => Promise.reject(new Refused(401, 'Send a token.', 'Bearer'));
    const entrance = await open({ page, admission });
    expect((await ask(entrance, get('/app/'))).status).toBe(200);
    expectProblem(await ask(entrance, get('/courses')), 401);
  });

  test('given no page was built, when it is asked for, then 404', async () => {
    expectProblem(await ask(await open(), get('/app/')), 404);
  });
});

describe('the way to it', () => {
  const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

  test.each([
    ['/', browser],
    ['/app', {}],
  ])(
    'given a browser at %s, when it asks, then it is sent to the page, by an address that keeps any prefix',
    async (path, headers) => {
      const answer = await ask(await open({ page }), get(path, headers));
      expect(answer).toMatchObject({ status: 302, headers: { location: './app/', vary: 'Accept, Origin' } });
    },
  );

  test('given a public address with a prefix, when a browser is sent to the page, then it is under that', async () => {
    const outside = new PublicBase('https://shop.example/lectures');
    const answer = await ask(await open({ page, outside }), get('/', browser));
    expect(answer.headers.location).toBe('https://shop.example/lectures/app/');
  });

  test.each([
    ['https://shop.example', 'max-age=31536000'],
    ['http://shop.example', undefined],
  ])('given clients come by %s, when the page is opened, then browsers keep to TLS: %s', async (url, wanted) => {
    const { headers } = await ask(await open({ page, outside: new PublicBase(url) }), get('/app/'));
    expect(headers['strict-transport-security']).toBe(wanted);
  });

  test.each([
    {},
    { accept: '*/*' },
    { accept: 'application/json' },
    { accept: 'application/hal+json, text/html;q=0.1' },
  ])('given a program that asks with %j, when it reads /, then it gets the links as ever', async (headers) => {
    const answer = await ask(await open({ page }), get('/', headers));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ system: 'lecture' });
  });

  test('given a path that only begins like the page, when it is asked for, then the services are', async () => {
    const entrance = await open({ page }, () => said(200, '"service"'));
    expect((await ask(entrance, get('/courses/app'))).body).toBe('"service"');
  });
});

describe('what is built', () => {
  const systems = Object.keys(routes);

  test('given the pages of all systems, when they are built, then each is within its budget, and whole in itself', async () => {
    const { files } = await pagesOf(systems);
    for (const system of systems) {
      const built = files[system] ?? {};
      const names = Object.keys(built);
      const script = names.find((name) => /^page-[A-Z\d]{8}\.js$/.test(name)) ?? '';
      const style = names.find((name) => /^page-[A-Z\d]{8}\.css$/.test(name)) ?? '';
      expect(names.toSorted()).toEqual(['icon.svg', 'index.html', script, style].toSorted());
      expect(gzipSync(built[script] ?? '', { level: 9 }).length).toBeLessThanOrEqual(BUDGET);
      const html = built['index.html'] ?? '';
      expect(html).toContain(`src="${script}"`);
      expect(html).toContain(`href="${style}"`);
      expect(html).not.toMatch(/(?:src|href)="(?:\/|https?:)/);
    }
  });
});
