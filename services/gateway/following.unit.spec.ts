import { Sidecar, type SidecarRequest, type Transport } from '../kit/index.ts';
import { Following } from './following.ts';
import { Settings } from './settings.ts';
import { ask, closeAll, expectProblem, open, text, until } from './testing.ts';

let following: Following | undefined;

afterEach(async () => {
  await following?.close();
  await closeAll();
});

/** A sidecar with the gateway's one component, and a store that holds what the test says. */
function sidecarWith(values: Record<string, string>): { sidecar: Sidecar; asked: string[] } {
  const asked: string[] = [];
  const components = [{ name: 'lecture-configuration', type: 'configuration.redis' }];
  const transport: Transport = {
    async request({ path }: SidecarRequest) {
      asked.push(path);
      const items = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, { value }]));
      const body = path === '/v1.0/metadata' ? { components } : path.includes('/subscribe') ? { id: '1' } : items;
      return {
        status: path.endsWith('outbound') ? 204 : 200,
        headers: {},
        body: Buffer.from(JSON.stringify(body)),
      };
    },
    close: async () => undefined,
  };
  return { sidecar: new Sidecar(transport, 'lecture-gateway'), asked };
}

const hint = (path: string): string =>
  text('POST', path, {}, JSON.stringify({ items: { GATEWAY_RATE_REQUESTS: { value: '0' } } }));

test('given a store with some keys, when the gateway starts, then they hold, and defaults for the others', async () => {
  following = new Following(sidecarWith({ GATEWAY_RATE_REQUESTS: '7' }).sidecar);
  expect(following.settings.GATEWAY_RATE_REQUESTS).toBe(0);
  await following.start();
  expect(following.settings).toMatchObject({
    GATEWAY_RATE_REQUESTS: 7,
    GATEWAY_RATE_SECONDS: 60,
    GATEWAY_ORIGINS: '*',
  });
});

test('given a key is taken away, when the sidecar says so, then its default holds, as after a start', async () => {
  const values: Record<string, string> = { GATEWAY_RATE_REQUESTS: '7', GATEWAY_RATE_SECONDS: '5' };
  following = new Following(sidecarWith(values).sidecar);
  await following.start();
  const entrance = await open({ following });
  delete values.GATEWAY_RATE_REQUESTS;
  await ask(entrance, hint('/configuration/lecture-configuration/GATEWAY_RATE_REQUESTS'));
  await until(
    () => following?.settings.GATEWAY_RATE_REQUESTS === 0,
    2_000,
    () => `${following?.settings.GATEWAY_RATE_REQUESTS}`,
  );
  expect(following.settings.GATEWAY_RATE_SECONDS).toBe(5);
});

test('given a key that is malformed, when the gateway starts, then a sentence names it', async () => {
  following = new Following(sidecarWith({ GATEWAY_QUEUE_MS: 'long' }).sidecar);
  await expect(following.start()).rejects.toThrow(/^Configuration key GATEWAY_QUEUE_MS of lecture .*\.$/);
});

test('given a key changes, when the sidecar says so, then what the store has holds, and not what was said', async () => {
  const values: Record<string, string> = { GATEWAY_RATE_REQUESTS: '1' };
  following = new Following(sidecarWith(values).sidecar);
  await following.start();
  const entrance = await open({ following });
  values.GATEWAY_RATE_REQUESTS = '3';
  const received = await ask(entrance, hint('/configuration/lecture-configuration/GATEWAY_RATE_REQUESTS'));
  expect({ status: received.status, asked: entrance.asked }).toEqual({ status: 200, asked: [] });
  await until(
    () => following?.settings.GATEWAY_RATE_REQUESTS === 3,
    2_000,
    () => `${following?.settings.GATEWAY_RATE_REQUESTS}`,
  );
});

test.each([
  '/configuration/x/GATEWAY_RATE_REQUESTS',
  '/configuration/lecture-configuration/PAY_DELAY_MS',
  '/configuration/lecture-configuration/constructor',
  '/configuration/',
])('given a client posts to %s, when it is answered, then there is nothing there', async (path) => {
  const { sidecar, asked } = sidecarWith({});
  following = new Following(sidecar);
  await following.start();
  const before = asked.length;
  const entrance = await open({ following });
  expectProblem(await ask(entrance, hint(path)), 404);
  expect(asked).toHaveLength(before);
});

test('given another address, when it posts what a sidecar would, then there is nothing there', async () => {
  const { sidecar } = sidecarWith({});
  following = new Following(sidecar);
  await following.start();
  const entrance = await open({ following });
  const path = '/configuration/lecture-configuration/GATEWAY_RATE_REQUESTS';
  expectProblem(await ask(entrance, hint(path), '127.0.0.2'), 404);
});

test.each([
  ['*', true],
  ['https://shop.example', true],
  ['https://shop.example, http://localhost:3000', true],
  ['', false],
  ['null', false],
  ['https://*.example', false],
  ['https://shop.example/', false],
  ['*, https://shop.example', false],
])('given the origins "%s", when they are read, then they are taken: %s', (GATEWAY_ORIGINS, isTaken) => {
  expect(Settings.safeParse({ GATEWAY_ORIGINS }).success).toBe(isTaken);
});

test.each<[string, number, Record<string, string>]>([
  ['without it', 404, {}],
  ['with another', 404, { 'dapr-api-token': 'b' }],
  ['with it', 200, { 'dapr-api-token': 'a' }],
])('given a token of the sidecar, when a hint comes %s, then it is %i', async (_, status, headers) => {
  following = new Following(sidecarWith({}).sidecar, 'a');
  await following.start();
  const entrance = await open({ following });
  const path = '/configuration/lecture-configuration/GATEWAY_RATE_REQUESTS';
  const { status: answered } = await ask(entrance, text('POST', path, headers, '{}'));
  expect(answered).toBe(status);
});
