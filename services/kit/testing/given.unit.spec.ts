import { z } from 'zod';
import {
  aggregate,
  answers,
  create,
  decided,
  defineService,
  event,
  integer,
  ok,
  routeFor,
  whenever,
} from '../index.ts';
import { type Call, given, MemoryBackend, answers as sidecarAnswers } from './index.ts';

interface Counter {
  readonly id: number;
  readonly name: string;
  readonly value: number;
}
const Counters = aggregate<Counter>('Counter', { keyedBy: 'name' });
const Counted = event('Counted', z.object({ id: integer, value: integer }));
const Bumped = event('Bumped', z.object({ name: z.string() }));

const Config = z.object({ STEP: z.coerce.number() });
const route = routeFor<z.output<typeof Config>>();
const anything = answers.json(z.unknown());

const counter = defineService({
  configuration: Config,
  routes: [
    route.post(
      '/counters',
      { summary: 'Makes a counter.', body: z.object({ name: z.string() }), answer: anything },
      async ({ records, command, body: { name } }) => {
        const decide = (id: number) => decided({ id, name, value: 0 }, Counted({ id, value: 0 }));
        const made = await records.create(Counters, command, decide, { key: name });
        return { status: 201, body: () => made };
      },
    ),
    route.get('/counters/:id', { summary: 'A counter.', answer: anything }, async ({ records, id }) =>
      ok(await records.get(Counters, id)),
    ),
    route.post('/ask', { summary: 'Asks the other.', answer: anything }, async ({ sidecar, config }) =>
      ok({ answer: await sidecar.call('toy-other', 'ask', { step: config.STEP }, z.unknown()) }),
    ),
  ],
  policies: ({ config }) => [
    whenever(Bumped, ({ name }) =>
      create(Counters, name, (id) =>
        decided({ id, name, value: config().STEP }, Counted({ id, value: config().STEP })),
      ),
    ),
  ],
});

const twice = { summary: 'Doubles.', message: z.object({ step: z.number() }), answer: anything };
const other = defineService({
  routes: [route.operation('/ask', twice, async ({ body }) => ({ twice: body.step * 2 }))],
});

const configuration = { STEP: '3' };

test('given a service, when a client sends a command, then the answer, the document and the event are there', async () => {
  const app = await given('toy-counter', counter, { configuration });
  const { status, body } = await app.request('POST', '/counters', { name: 'apples' });
  expect({ status, body }).toEqual({ status: 201, body: { id: 1, name: 'apples', value: 0 } });
  await app.eventually(() => expect(app.published('Counted')).toMatchObject([{ data: { id: 1, value: 0 } }]));
  expect((await app.request('GET', '/counters/1')).body).toEqual(body);
  expect(Object.values(app.documents())).toContainEqual(expect.objectContaining({ state: body }));
  await app.close();
});

test('given an event, when it comes three times, then its effect stands once', async () => {
  const app = await given('toy-counter', counter, { configuration });
  app.put({ type: 'Bumped', data: { name: 'pears' }, id: 'e1' });
  await app.backend.deliver('toy-counter', { choose: ([first]) => [first!, first!, first!] });
  await app.publish({ type: 'Bumped', data: { name: 'pears' }, id: 'e1' });
  await app.eventually(() => expect(app.published('Counted')).toMatchObject([{ data: { value: 3 } }]));
  await app.close();
});

test('given a write that is lost after it was done, when the client repeats its command, then there is one record', async () => {
  let lost = 0;
  const after = (call: Call) => {
    if (call.kind !== 'state-write' || !call.body.includes('plums') || lost++ > 0) return undefined;
    throw new Error('socket hang up');
  };
  const app = await given('toy-counter', counter, { configuration, after });
  const key = { 'idempotency-key': 'k1' };
  const first = await app.request('POST', '/counters', { name: 'plums' }, key);
  const second = await app.request('POST', '/counters', { name: 'plums' }, key);
  expect([first.status, second.status, second.body.id]).toEqual([201, 201, first.body.id]);
  expect(lost).toBeGreaterThan(0);
  await app.close();
});

test('given a callee that is down, slow, shielded or silent, when it is called, then the client is told so', async () => {
  const backend = new MemoryBackend();
  let answer = sidecarAnswers.calleeDown('toy-other');
  const app = await given('toy-counter', counter, {
    backend,
    configuration,
    before: ({ callee }) => (callee === 'toy-other' ? answer : undefined),
  });
  const problems: number[] = [];
  for (const said of [
    answer,
    sidecarAnswers.calleeTimeout('toy-other'),
    sidecarAnswers.breakerOpen('toy-other'),
    sidecarAnswers.cutOff(),
  ]) {
    answer = said;
    problems.push((await app.request('POST', '/ask')).status);
  }
  expect(problems).toEqual([503, 503, 503, 503]);
  await app.close();
});

test('given two services on one backend, when one calls the other, then it is answered without a socket', async () => {
  const backend = new MemoryBackend({ configuration });
  const app = await given('toy-counter', counter, { backend });
  const callee = await given('toy-other', other, { backend });
  expect((await app.request('POST', '/ask')).body).toEqual({ answer: { twice: 6 } });
  await backend.configuration.set('STEP', '5');
  expect((await app.request('POST', '/ask')).body).toEqual({ answer: { twice: 10 } });
  await callee.close();
  await app.close();
});

test.each([
  [undefined, 503],
  [['/other', '/as'], 503],
  [['/ask'], 200],
])('given a call that is declared for %j, when /ask is called, then the answer is %i', async (paths, status) => {
  const backend = new MemoryBackend();
  const calls = { 'toy-other': { why: 'It counts.', timeoutMs: 100, ...(paths ? { paths } : {}) } };
  const app = await given('toy-counter', { ...counter, calls }, { backend, configuration });
  const callee = await given('toy-other', other, { backend });
  expect((await app.request('POST', '/ask')).status).toBe(status);
  await callee.close();
  await app.close();
});

test('given a command that was acknowledged, when its process is killed and a new one starts, then its event is published', async () => {
  const backend = new MemoryBackend({ configuration });
  let publishing = false;
  const before = ({ kind }: Call) =>
    kind === 'publish' && !publishing ? new Promise<undefined>(() => undefined) : undefined;
  const app = await given('toy-counter', counter, { backend, before });
  expect((await app.request('POST', '/counters', { name: 'figs' })).status).toBe(201);
  app.kill();
  publishing = true;
  const again = await given('toy-counter', counter, { backend, before });
  await again.eventually(() => expect(again.published('Counted')).toHaveLength(1));
  await again.close();
});
