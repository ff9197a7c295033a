import request from 'supertest';
import { assemble, defineService } from '../index.ts';
import { MemoryBackend } from '../testing/index.ts';

const TOKEN = 'a-token-of-this-service';
let end: (() => Promise<void>) | undefined;

/** A service that is ready; `token` is what its sidecar has to show. */
async function ready(token?: string) {
  const backend = new MemoryBackend();
  const sidecar = backend.sidecar('toy-thing');
  const app = assemble(defineService({}), { dapr: sidecar, appId: 'toy-thing', instance: 'toy-thing-1', token });
  await app.start();
  end = async () => {
    await app.close();
    backend.remove(sidecar);
  };
  return (method: 'get' | 'post' | 'delete', path: string, headers: Record<string, string> = {}) =>
    request(app.app)[method](path).set(headers);
}

afterEach(async () => {
  await end?.();
  end = undefined;
});

const GUARDED = [
  ['get', '/dapr/subscribe'],
  ['get', '/dapr/config'],
  ['post', '/events'],
  ['post', '/configuration/toy-configuration/DELAY_MS'],
  ['get', '/internal/things'],
  ['get', '/deadletters'],
  ['post', '/deadletters/1/replay'],
  ['delete', '/deferred/1'],
  ['get', '/status'],
  ['get', '/activity'],
  ['get', '/metrics/'],
  ['get', '/HEALTHZ'],
  ['get', '/healthz/../deadletters'],
  ['get', '//healthz'],
  ['get', '/things'],
] as const;

test.each(GUARDED)('given a token, when %s %s comes without it, then it is 403 and a problem', async (method, path) => {
  const ask = await ready(TOKEN);
  for (const shown of [undefined, '', `${TOKEN}s`, 'b']) {
    const answer = await ask(method, path, shown === undefined ? {} : { 'dapr-api-token': shown });
    expect({ status: answer.status, type: answer.type }).toEqual({ status: 403, type: 'application/problem+json' });
    expect(answer.body).toMatchObject({ status: 403, title: 'Forbidden', detail: expect.stringContaining('sidecar') });
    expect(answer.text).not.toContain(TOKEN);
  }
});

test('given a token of the same length that is another, when it is shown, then it is 403', async () => {
  const ask = await ready(TOKEN);
  const other = TOKEN.replace('this', 'that');
  expect((await ask('get', '/deadletters', { 'dapr-api-token': other })).status).toBe(403);
});

test('given a token, when probes and figures are asked for without it, then they are answered', async () => {
  const ask = await ready(TOKEN);
  const statuses = await Promise.all(
    ['/healthz', '/readyz', '/metrics'].map(async (path) => (await ask('get', path)).status),
  );
  expect(statuses).toEqual([204, 204, 200]);
});

test.each<[string, string | undefined, Record<string, string>]>([
  ['the token is shown', TOKEN, { 'dapr-api-token': TOKEN }],
  ['no token is set', undefined, {}],
  ['an empty token is set', '', {}],
])('given %s, when the sidecar asks, then it is answered', async (_, token, headers) => {
  const ask = await ready(token);
  expect((await ask('get', '/dapr/subscribe', headers)).status).toBe(200);
  expect((await ask('get', '/deadletters', headers)).status).toBe(200);
  expect((await ask('get', '/things', headers)).status).toBe(404);
});
