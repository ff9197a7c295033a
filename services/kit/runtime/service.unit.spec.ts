import request from 'supertest';
import { z } from 'zod';
import {
  ANSWERED_BYTES,
  aggregate,
  assemble,
  create,
  decided,
  defineService,
  event,
  integer,
  milliseconds,
  name,
  readable,
  whenever,
} from '../index.ts';
import { MemoryBackend, type SidecarOptions } from '../testing/index.ts';

interface Thing {
  readonly id: number;
  readonly name: string;
}
const Things = aggregate<Thing>('Thing', { keyedBy: 'name' });
const Named = event('Named', z.object({ id: integer, name }));

const answer = z.object({ id: integer, name });

const definition = defineService({
  configuration: z.object({ DELAY_MS: milliseconds }),
  routes: readable({ kind: Things, path: 'things', item: 'thing', answer }),
  policies: [whenever(Named, (named) => create(Things, named.name, (id) => decided({ id, name: named.name })))],
});

/** A service whose sidecar is away until it is let back. */
async function beside(options: { away?: RegExp; configuration?: Record<string, string> } = {}) {
  const backend = new MemoryBackend();
  for (const [key, value] of Object.entries(options.configuration ?? { DELAY_MS: '0' }))
    await backend.configuration.set(key, value);
  let away = options.away ?? /(?!)/;
  const before: SidecarOptions['before'] = ({ path }) => {
    if (away.test(path)) throw new Error('connect ECONNREFUSED');
    return undefined;
  };
  const sidecar = backend.sidecar('toy-thing', { before });
  const app = assemble(definition, { dapr: sidecar, appId: 'toy-thing', instance: 'toy-thing-1' });
  return {
    app,
    come: () => {
      away = /(?!)/;
    },
    leave: (what = /./) => {
      away = what;
    },
    get: (path: string) => request(app.app).get(path),
    async close() {
      await app.close();
      backend.remove(sidecar);
    },
  };
}

test.each([
  ['its sidecar', /./],
  ['its configuration', /configuration/],
  ['its store', /state/],
])(
  'given %s is away, when a service starts, then it is alive, says what it waits for, and is ready when that comes',
  async (what, away) => {
    const toy = await beside({ away });
    const started = toy.app.start();
    await new Promise((tried) => setTimeout(tried, 120));
    expect((await toy.get('/healthz')).status).toBe(204);
    const ready = await toy.get('/readyz');
    expect({ status: ready.status, text: ready.text }).toEqual({ status: 503, text: `waits for ${what}\n` });
    expect((await toy.get('/status')).body).toMatchObject({ ready: false, waitingFor: what });
    const refused = await toy.get('/things');
    expect({ status: refused.status, retry: refused.headers['retry-after'] }).toEqual({ status: 503, retry: '1' });
    expect(refused.headers['content-type']).toMatch(/problem/);
    toy.come();
    await started;
    expect((await toy.get('/readyz')).status).toBe(204);
    const { status, text, headers } = await toy.get('/things');
    expect({ status, bytes: headers[ANSWERED_BYTES] }).toEqual({ status: 200, bytes: String(text.length) });
    await toy.close();
  },
);

test('given the sidecar asks once for subscriptions, when its metadata come late, then the answer waits and is right', async () => {
  const toy = await beside({ away: /./ });
  const subscriptions = toy.get('/dapr/subscribe').then(({ status, body }) => ({ status, body }));
  const started = toy.app.start();
  toy.come();
  expect(await subscriptions).toEqual({ status: 200, body: [expect.objectContaining({ topic: 'toy' })] });
  await started;
  await toy.close();
});

test('given the start has not ended, when events come, then they are given back and none is lost', async () => {
  const toy = await beside({ away: /state/ });
  const started = toy.app.start();
  const { status, body } = await request(toy.app.app)
    .post('/events')
    .send({ entries: [{ entryId: '0' }, { entryId: '1' }] });
  expect({ status, body }).toEqual({
    status: 200,
    body: { statuses: ['0', '1'].map((entryId) => ({ entryId, status: 'RETRY' })) },
  });
  toy.come();
  await started;
  await toy.close();
}, 15_000);

test.each(['abc', '', ' ', '0x10', '1e1'])(
  'given the configuration value %j, when a service starts, then one sentence names the key and it does not start',
  async (value) => {
    const toy = await beside({ configuration: { DELAY_MS: value } });
    await expect(toy.app.start()).rejects.toThrow(/^Configuration key DELAY_MS of toy is absent or malformed \(.+\)/);
    await toy.close();
  },
);

test('given the sidecar went first, when a service ends, then it ends', async () => {
  const toy = await beside();
  await toy.app.start();
  toy.leave();
  await expect(toy.close()).resolves.toBeUndefined();
});

test('given a start that waits, when the service ends, then the start ends too', async () => {
  const toy = await beside({ away: /./ });
  const started = toy.app.start();
  await toy.close();
  await expect(started).resolves.toBeUndefined();
});

test('given a service, when metrics are read, then those an alert needs are there before anything happened', async () => {
  const toy = await beside();
  await toy.app.start();
  const { text } = await toy.get('/metrics');
  for (const line of [
    'madang_ready 1',
    'madang_outbox_stalled 0',
    'madang_consumer_stalled 0',
    'madang_refusals_total{status="422"} 0',
  ])
    expect(text).toContain(`\n${line}\n`);
  await toy.close();
});
