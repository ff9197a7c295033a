import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { z } from 'zod';
import { httpServer } from '../http/server.ts';
import { aggregate, answers, create, decided, defineService, event, route, whenever, writable } from '../index.ts';
import { given } from '../testing/given.ts';
import { MemoryBackend } from '../testing/index.ts';
import { activity, did, endActivity, published } from './activity.ts';

interface Thing {
  readonly id: number;
  readonly name: string;
}
const Thing = aggregate<Thing>('Thing');
const Named = event('Named', z.object({ id: z.number() }));
const Body = z.object({ name: z.string() });
const Nothing = z.object({});
const things = { kind: Thing, path: 'things', item: 'thing', answer: Body.extend({ id: z.number() }) };
const asked = { summary: 'Asked by a test.', message: Nothing, answer: answers.json(Nothing) };

const copies = defineService({
  routes: [
    writable(things, { body: Body, create: (id, { name }) => decided({ id, name }, Named({ id })) }),
    route.operation('/internal/things', asked, async ({ records }) => {
      await records.create(Thing, { cause: 'asked' }, (id) => decided({ id, name: 'asked' }, Named({ id })));
      return {};
    }),
    route.operation('/internal/ask', asked, ({ sidecar }) =>
      sidecar.call('shop-other', 'internal/things', {}, Nothing),
    ),
  ],
  policies: [whenever(Named, ({ id }) => create(Thing, `copy-${id}`, (own) => decided({ id: own, name: 'copy' })))],
});

describe('causation', () => {
  test('given a command, when its event is published, then the event names the request as its cause', async () => {
    const on = await given('shop-one', copies);
    await on.request('POST', '/things', { name: 'a' }, { 'x-request-id': 'my-request' });
    await on.settle();
    expect(on.published('Named')).toEqual([expect.objectContaining({ causationid: 'my-request' })]);
    await on.close();
  });

  test('given a service that calls another, when the callee publishes, then its event names what caused the call', async () => {
    const backend = new MemoryBackend();
    const [one, other] = [await given('shop-one', copies, { backend }), await given('shop-other', copies, { backend })];
    expect((await one.request('POST', '/internal/ask', {}, { 'x-request-id': 'asker' })).status).toBe(200);
    await other.settle();
    expect(other.published('Named')).toEqual([expect.objectContaining({ source: 'shop-other', causationid: 'asker' })]);
    await one.close();
    await other.close();
  });
});

describe('GET /activity', () => {
  const server = httpServer(express().use(activity()));
  let url = '';
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/activity`;
  });
  afterAll(() => server.close());

  /** Listens until something was told; answers its id, and what was told. */
  async function listen(lastId?: string): Promise<{ id: string; leftOut: number; entries: { keys?: string[] }[] }> {
    const answer = await fetch(url, { headers: lastId ? { 'last-event-id': lastId } : {} });
    let text = '';
    for await (const piece of answer.body!) {
      text += Buffer.from(piece).toString();
      const [, id = '', data] = /id: (\S+)\ndata: (.*)\n\n/.exec(text) ?? [];
      // Leaving the loop ends the stream.
      if (data) return { id, ...(JSON.parse(data) as { leftOut: number; entries: { keys?: string[] }[] }) };
    }
    throw new Error('the stream ended');
  }
  const change = (key: string) => did({ kind: 'configuration', keys: [key], outcome: 'taken' });

  test('given what was done before, when somebody listens, then it is told, and who comes again gets nothing twice', async () => {
    change('FIRST');
    const { id, entries } = await listen();
    expect(entries.at(-1)).toMatchObject({ kind: 'configuration', keys: ['FIRST'], at: expect.any(Number) });
    change('SECOND');
    expect((await listen(id)).entries).toEqual([expect.objectContaining({ keys: ['SECOND'] })]);
  });

  test('given more than the ring holds, when somebody comes again, then it says how much was left out', async () => {
    const { id } = await listen();
    for (let n = 0; n < 1_500; n++) change(`K${n}`);
    const { leftOut, entries } = await listen(id);
    expect([leftOut, entries.length]).toEqual([476, 1_024]);
  });

  test('given a large event, when it is told, then its data is left out; of a small one it is shown', async () => {
    const { id } = await listen();
    const about = { id: 'e', type: 'T', subject: 'S', data: { a: 1 } };
    published(about, JSON.stringify(about));
    published(about, 'x'.repeat(5_000));
    const { entries } = await listen(id);
    expect(entries.map((entry) => 'data' in entry)).toEqual([true, false]);
  });

  test('given four listeners, when a fifth comes, then it is told to come later; and the end lets go of all', async () => {
    const open = await Promise.all(Array.from({ length: 4 }, () => fetch(url)));
    expect((await fetch(url)).status).toBe(503);
    endActivity();
    for (const one of open) await one.text();
  });
});
