import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../cluster/until.ts';
import type { Status } from '../../run/supervisor/status.ts';
import type { Entry } from '../model/entry.ts';
import type { Models } from '../model/system.ts';
import { flat, treeOf } from '../model/tree.ts';
import { ask } from './ask.ts';
import { InCluster } from './cluster.ts';
import { Feed } from './feed.ts';
import { consoleServer } from './http.ts';
import type { Letter } from './trouble.ts';

const TRACE = 'a'.repeat(32);
const paid = { id: 'pay/1', type: 'PaymentApproved', subject: 'Payment-1', cause: 'request' };
const letter = { id: 7, reason: 'the record is not there', at: '2026-01-01T00:00:00Z', event: paid };
/** What each pod tells of itself. */
const DID: Record<string, object[]> = {
  class: [
    { at: 1, trace: TRACE, kind: 'command', id: 'request', method: 'POST', path: '/classes', status: 201, ms: 5 },
  ],
  pay: [{ at: 2, trace: TRACE, kind: 'published', event: paid, data: { fee: 1 } }],
};

const servers: Server[] = [];
const asked: string[] = [];
let tokens = '';
let port = 0;

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** A pod that answers as the kit's services do, whoever has its token. */
const podOf = (service: string): Promise<number> =>
  listening(
    createServer(({ method, url = '', headers }, response) => {
      asked.push(`${method} ${service} ${headers.host?.split(':')[0]} ${url.split('?')[0]}`);
      if (service === 'gateway') return response.writeHead(204).end();
      if (headers['dapr-api-token'] !== `token of ${service}`) return response.writeHead(403).end();
      if (url === '/activity') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        return response.write(
          `:\n\nid: boot.1\ndata: ${JSON.stringify({ leftOut: 0, entries: DID[service] ?? [] })}\n\n`,
        );
      }
      const letters = {
        _embedded: { deadletters: url.startsWith('/deadletters') && service === 'pay' ? [letter] : [] },
      };
      const standing = { ready: service !== 'course', waitingFor: service === 'course' ? 'its store' : null };
      return response.end(JSON.stringify(url === '/status' ? standing : letters));
    }),
  );

const get = (path: string, headers = {}) => ask({ port, path, headers: { host: 'localhost:1234', ...headers } }, 5_000);

beforeAll(async () => {
  tokens = await mkdtemp(join(tmpdir(), 'madang-tokens-'));
  const ports: Record<string, number> = {};
  for (const service of ['gateway', 'class', 'pay', 'course']) {
    ports[service] = await podOf(service);
    // As a mounted Secret: with a line break, perhaps.
    await writeFile(join(tokens, `lecture-${service}`), `token of ${service}\n`);
  }
  const services = ['gateway', 'class', 'pay', 'course', 'gift']
    .map((service) => `lecture-${service}=lecture-${service}-pods:${ports[service] ?? 9}`)
    .join();
  const addresses = (host: string): string[] =>
    host === 'lecture-pay-pods' ? ['127.0.0.1', '127.0.0.2'] : host === 'lecture-gift-pods' ? [] : ['127.0.0.1'];
  const lookup = async (host: string) => {
    if (addresses(host).length === 0) throw Object.assign(new Error(host), { code: 'ENOTFOUND' });
    return addresses(host).map((address) => ({ address }));
  };
  const feed = new Feed(new InCluster({ services, profile: 'full', tokens, lookup }));
  port = await listening(consoleServer(feed, { isOwn: (host) => host === 'localhost:1234' }));
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(tokens, { recursive: true });
});

test('given services of a list, when the console is asked, then each pod has a row with its own word, by its token', async () => {
  const { status } = JSON.parse((await get('/api/changes')).text) as { status: Status };
  expect(status.services.map(({ instance, state, progress }) => [instance, state, progress])).toEqual([
    ['lecture-gateway 127.0.0.1', 'healthy', 'ready'],
    ['lecture-class 127.0.0.1', 'healthy', 'ready'],
    ['lecture-pay 127.0.0.1', 'healthy', 'ready'],
    ['lecture-pay 127.0.0.2', 'unhealthy', 'not ready: it does not answer'],
    ['lecture-course 127.0.0.1', 'unhealthy', 'not ready: it waits for its store'],
    ['lecture-gift', 'stopped', 'it has no pod'],
  ]);
  expect([status.profile, status.systems, status.infrastructure]).toEqual(['full', ['lecture'], []]);
});

test('given a command, when its tree is asked for, then what pods told stands under its cause, and letters are shown', async () => {
  const entries = await until('the tree', 5_000, async () => {
    const found = JSON.parse((await get(`/api/trace?id=${TRACE}`)).text) as Entry[];
    return found.length === 2 ? found : undefined;
  });
  const { lecture } = JSON.parse((await get('/api/model')).text) as Models;
  const { roots } = treeOf(TRACE, entries, lecture, undefined);
  expect(roots.flatMap(flat).map(({ sticker, title, service }) => [sticker, title, service])).toEqual([
    ['command', 'POST /classes', 'class'],
    ['event', 'PaymentApproved', 'pay'],
  ]);
  const letters = await until('the letter', 5_000, async () => {
    const found = JSON.parse((await get('/api/changes')).text) as { letters: Letter[] };
    return found.letters.length > 0 ? found.letters : undefined;
  });
  expect(letters).toMatchObject([{ appId: 'lecture-pay', kind: 'deadletters', id: 7, reason: letter.reason }]);
});

test('given all that the console of a laptop can do, when it is ordered here, then it is refused in a sentence', async () => {
  const headers = { host: 'localhost:1234', 'content-type': 'application/json' };
  for (const path of ['act', 'up', 'story', 'letters', 'try', 'configuration', 'logs']) {
    const { status, text } = await ask({ port, path: `/api/${path}`, method: 'POST', headers }, 5_000, '{}');
    expect([path, status, text]).toEqual([path, 403, expect.stringContaining('This console is read-only')]);
  }
  for (const path of ['/api/logs', '/api/contract', '/api/status', '/documents/openapi/none.json'])
    expect([path, (await get(path)).status]).toEqual([path, 404]);
  expect((await get('/')).text).toContain('<div id="console" data-read-only>');
  expect((await get('/api/changes', { host: 'evil.example' })).status).toBe(403);
});

test('given whatever was asked of the console, when its requests are counted, then it only read, by the names of the list', () => {
  expect(new Set(asked.map((one) => one.split(' ')[0]))).toEqual(new Set(['GET']));
  expect(new Set(asked.filter((one) => one.includes(' pay ')))).toEqual(
    new Set(['/status', '/activity', '/deadletters', '/deferred'].map((path) => `GET pay lecture-pay-pods ${path}`)),
  );
  expect(new Set(asked.filter((one) => one.includes(' gateway ')))).toEqual(
    new Set(['GET gateway lecture-gateway-pods /readyz']),
  );
});

test.each(['', 'lecture-pay', 'pay=a:1', 'lecture-pay=a', 'lecture-pay=a:1,,'])(
  'given the list %p, when the console starts, then it says how a list is written',
  (services) => {
    expect(() => new InCluster({ services, profile: 'full', tokens: '' })).toThrow(
      'CONSOLE_SERVICES must be <system>-<service>=<host>:<port>, parted by commas',
    );
  },
);
