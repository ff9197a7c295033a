import { asObject } from '../json.ts';
import type { Case, Subject } from './subject.ts';

const STATE = '/v1.0/state/probe-state';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface Write {
  readonly key: string;
  readonly value?: unknown;
  readonly etag?: unknown;
  readonly options?: object;
  readonly metadata?: object;
}

const FIRST = { options: { concurrency: 'first-write' } };
/** What the kit asks for on Redis, to create only. */
const NEVER_REACHED = '2147483647';

const upsert = (request: Write): object => ({ operation: 'upsert', request });
const remove = (request: Write): object => ({ operation: 'delete', request });
const transact = (subject: Subject, ...operations: object[]): Promise<unknown> =>
  subject.said('POST', `${STATE}/transaction`, { operations });
const put = (subject: Subject, key: string, value: unknown): Promise<unknown> =>
  transact(subject, upsert({ key: subject.own(key), value }));

interface Item {
  readonly key: string;
  readonly data?: unknown;
  readonly etag?: string;
}

async function bulk(subject: Subject, keys: readonly string[]): Promise<Item[]> {
  const { body } = await subject.call('POST', `${STATE}/bulk`, { keys: keys.map((key) => subject.own(key)) });
  return body as Item[];
}

const etagOf = async (subject: Subject, key: string): Promise<string> =>
  (await bulk(subject, [key])).map(({ etag }) => etag)[0] ?? 'none';

/** Values by key, without ETags. */
const values = async (subject: Subject, ...keys: string[]): Promise<unknown> => {
  const items = await bulk(subject, keys);
  return keys.map((key) => items.find((item) => item.key === `<run>-${key}`)?.data ?? 'nothing');
};

/** An ETag without its chance. */
const shape = (etag: string | undefined): string | undefined => (etag && UUID.test(etag) ? 'uuid' : etag);

const byStore = (name: string, observe: Case['observe']): Case => ({ name, by: 'store', observe });

const etags: Case[] = [
  byStore('every write gives a document another etag', async (subject) => {
    const before = await bulk(subject, ['etag']);
    await put(subject, 'etag', 1);
    const first = await etagOf(subject, 'etag');
    await put(subject, 'etag', 2);
    const second = await etagOf(subject, 'etag');
    return { before, first: shape(first), second: shape(second), other: first !== second };
  }),
  byStore('a transaction with the right etag writes, and with an old one does not', async (subject) => {
    await put(subject, 'right', 1);
    const etag = await etagOf(subject, 'right');
    const write = (value: number) =>
      transact(subject, upsert({ key: subject.own('right'), value, etag, options: { concurrency: 'first-write' } }));
    return [await write(2), await write(3), await values(subject, 'right')];
  }),
  byStore('a transaction with an etag for a document that is not there', async (subject) => {
    const etag = '00000000-0000-4000-8000-00000000000a';
    const numeric = await transact(subject, upsert({ key: subject.own('absent-1'), value: 1, etag: '7' }));
    const uuid = await transact(subject, upsert({ key: subject.own('absent-2'), value: 1, etag }));
    return [numeric, uuid, await values(subject, 'absent-1', 'absent-2')];
  }),
  byStore('an etag that is no text', async (subject) => [
    await transact(subject, upsert({ key: subject.own('typed'), value: 1, etag: 7 })),
    await subject.said('POST', STATE, [{ key: subject.own('typed'), value: 1, etag: 7 }]),
    await values(subject, 'typed'),
  ]),
  byStore('a single save with a right, an old and a malformed etag', async (subject) => {
    await put(subject, 'save', 1);
    const etag = await etagOf(subject, 'save');
    const save = (value: number, with_: string) =>
      subject.said('POST', STATE, [{ key: subject.own('save'), value, etag: with_, ...FIRST }]);
    return [await save(2, etag), await save(3, etag), await save(4, 'x1'), await values(subject, 'save')];
  }),
];

const creation: Case[] = [
  byStore('create-only by an etag that no document reaches', async (subject) => {
    const create = (value: number) =>
      transact(subject, upsert({ key: subject.own('never'), value, etag: NEVER_REACHED }));
    return [await create(1), await create(2), await values(subject, 'never')];
  }),
  byStore('create-only by first-write in a transaction', async (subject) => {
    const create = (value: number) => transact(subject, upsert({ key: subject.own('first'), value, ...FIRST }));
    return [await create(1), await create(2), await values(subject, 'first')];
  }),
  byStore('create-only by first-write in a single save', async (subject) => {
    const create = (value: number) => subject.said('POST', STATE, [{ key: subject.own('single'), value, ...FIRST }]);
    return [await create(1), await create(2), await values(subject, 'single')];
  }),
  byStore('of many who create at the same time one succeeds', async (subject) => {
    const kind = subject.options.store === 'redis' ? { etag: NEVER_REACHED } : FIRST;
    const tries = Array.from({ length: 8 }, (_, value) =>
      subject.call('POST', `${STATE}/transaction`, {
        operations: [upsert({ key: subject.own('race'), value, ...kind })],
      }),
    );
    return (await Promise.all(tries)).filter(({ status }) => status === 204).length;
  }),
];

const transactions: Case[] = [
  byStore('of a transaction in which one write is refused the rest is applied or not', async (subject) => {
    await put(subject, 'b', 'old');
    const said = await transact(
      subject,
      upsert({ key: subject.own('a'), value: 'new' }),
      upsert({ key: subject.own('b'), value: 'new', etag: '999', ...FIRST }),
      upsert({ key: subject.own('c'), value: 'new' }),
    );
    return [said, await values(subject, 'a', 'b', 'c')];
  }),
  byStore('of a transaction with two refusals the first is told', async (subject) => {
    await put(subject, 'two-a', 'old');
    await put(subject, 'two-b', 'old');
    return transact(
      subject,
      upsert({ key: subject.own('two-a'), value: 'new', etag: '998', ...FIRST }),
      upsert({ key: subject.own('two-b'), value: 'new', etag: '999', ...FIRST }),
    );
  }),
  byStore('deletions in a transaction, with and without etag, of what is there and what is not', async (subject) => {
    for (const key of ['d1', 'd2', 'd3']) await put(subject, key, 1);
    const etag = await etagOf(subject, 'd2');
    return [
      await transact(subject, remove({ key: subject.own('d1') })),
      await transact(subject, remove({ key: subject.own('d2'), etag })),
      await transact(subject, remove({ key: subject.own('d3'), etag: '999' })),
      await transact(subject, remove({ key: subject.own('d4') })),
      await transact(subject, remove({ key: subject.own('d5'), etag: '999' })),
      await values(subject, 'd1', 'd2', 'd3'),
    ];
  }),
  byStore('a document written twice in one transaction', async (subject) => {
    const said = await transact(
      subject,
      upsert({ key: subject.own('twice'), value: 1 }),
      upsert({ key: subject.own('twice'), value: 2 }),
    );
    return [said, await values(subject, 'twice')];
  }),
  byStore('a transaction of nothing, of an unknown operation, without its request', async (subject) => [
    await transact(subject),
    await transact(subject, { operation: 'increment', request: { key: subject.own('x') } }),
    await transact(subject, { operation: 'upsert' }),
    await subject.said('POST', `${STATE}/transaction`, {}),
  ]),
];

const reading: Case[] = [
  byStore(
    'a bulk get answers in an order of its own, what is missing included, what is asked for twice',
    async (subject) => {
      for (const key of ['o-b', 'o-a', 'o-C', 'o-가']) await put(subject, key, key);
      return (await bulk(subject, ['o-가', 'o-none', 'o-b', 'o-C', 'o-a', 'o-b', 'o-nothing'])).map((item) => ({
        ...item,
        etag: shape(item.etag),
      }));
    },
  ),
  byStore('a bulk get of no keys, and without keys', async (subject) => [
    await subject.said('POST', `${STATE}/bulk`, { keys: [] }),
    await subject.said('POST', `${STATE}/bulk`, {}),
  ]),
  byStore('a get of what is there and what is not', async (subject) => {
    // With all the signs that keys of the kit may have beside letters and digits.
    const signs = 'of_a-b/c:d.e';
    await put(subject, 'got', { a: 1 });
    await put(subject, signs, 'here');
    const get = (key: string) => subject.call('GET', `${STATE}/${encodeURIComponent(subject.own(key))}`);
    const seen = [await get('got'), await get(signs), await get('absent'), await get(`no-${signs}`)];
    return seen.map(({ status, body, headers }) => ({
      status,
      body,
      etag: shape(headers.etag as string | undefined),
      type: headers['content-type'],
    }));
  }),
  byStore('values come back as JSON makes them', async (subject) => {
    const value = {
      z: 1,
      a: { y: [1, 'two', null, true], b: '한 "<&> \u2028' },
      huge: 1e30,
      small: 1e-9,
      negative: -0,
      '': 'empty',
      '10': 'ten',
      '9': 'nine',
    };
    await transact(subject, upsert({ key: subject.own('json'), value }));
    const [item] = await bulk(subject, ['json']);
    // Redis keeps the keys of objects in any order.
    const ordered = subject.options.store !== 'redis' && Object.keys(asObject(item?.data) ?? {});
    return { data: item?.data, ordered };
  }),
  byStore('numbers beyond 2^53, a lone surrogate and a key given twice, as text', async (subject) => {
    const text = `{"operations":[{"operation":"upsert","request":{"key":"${subject.own('text')}","value":{"n":9007199254740993,"s":"\\ud800x","k":1,"k":2}}}]}`;
    return [await subject.said('POST', `${STATE}/transaction`, text), await values(subject, 'text')];
  }),
  byStore('values that are nothing, a text, a number', async (subject) => {
    for (const [key, value] of Object.entries({ nil: null, txt: 'a', num: 7, no: false }))
      await put(subject, key, value);
    await transact(subject, upsert({ key: subject.own('undef') }));
    const items = await bulk(subject, ['nil', 'txt', 'num', 'no', 'undef']);
    return items
      .map(({ etag, ...item }) => ({ ...item, etag: Boolean(etag) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }),
  byStore('a document that lives for seconds', async (subject) => {
    const write = (key: string, value: number, ttl?: string) =>
      transact(subject, upsert({ key: subject.own(key), value, ...(ttl ? { metadata: { ttlInSeconds: ttl } } : {}) }));
    const said = [await write('mortal', 1, '2'), await write('renewed', 1, '2'), await write('odd', 1, 'x')];
    const [fresh] = await bulk(subject, ['mortal']);
    said.push(await write('renewed', 2));
    await subject.options.pass(3_300);
    const after = await values(subject, 'mortal', 'renewed');
    const created = await transact(
      subject,
      upsert({
        key: subject.own('mortal'),
        value: 3,
        ...(subject.options.store === 'redis' ? { etag: NEVER_REACHED } : FIRST),
      }),
    );
    return { said, fields: Object.keys(fresh ?? {}).sort(), after, created };
  }),
];

const LARGEST = 4 * 1024 * 1024;

const limits: Case[] = [
  byStore('a key with the separator of prefixes', async (subject) => {
    const key = `${subject.own('x')}||y`;
    return [
      await transact(subject, upsert({ key, value: 1 })),
      await transact(subject, remove({ key })),
      await subject.said('POST', `${STATE}/bulk`, { keys: [key] }),
      await subject.said('POST', STATE, [{ key, value: 1 }]),
      await subject.said('GET', `${STATE}/${encodeURIComponent(key)}`),
      await subject.said('DELETE', `${STATE}/${encodeURIComponent(key)}`),
    ];
  }),
  byStore('an empty key', async (subject) => [
    await transact(subject, upsert({ key: '', value: 1 })),
    await transact(subject, remove({ key: '' })),
    await subject.said('POST', STATE, [{ key: '', value: 1 }]),
  ]),
  byStore('a key of 241 characters, of 242, of 242 Korean ones, of 3,000', async (subject) => {
    const said: unknown[] = [];
    // The prefix `probe-caller||` is 14 characters long.
    for (const [letter, length] of [
      ['a', 241],
      ['a', 242],
      ['가', 241],
      ['가', 242],
      ['a', 3_000],
    ] as const) {
      const key = subject.own('long-').padEnd(length, letter);
      const [status, body] = (await transact(subject, upsert({ key, value: 1 }))) as [number, unknown];
      const found = await subject.call('POST', `${STATE}/bulk`, { keys: [key] });
      said.push({
        letter,
        length,
        status,
        body,
        found: found.status,
        there: JSON.stringify(found.body).includes('etag'),
      });
    }
    return said;
  }),
  byStore('a body of 4 MiB, and of a byte more', async (subject) => {
    const body = (length: number): string => {
      const head = `{"operations":[{"operation":"upsert","request":{"key":"${subject.own('large')}","value":"`;
      return `${head.padEnd(length - 5, 'x')}"}}]}`;
    };
    const said: unknown[] = [];
    for (const length of [LARGEST, LARGEST + 1, LARGEST + 100_000]) {
      const text = body(length);
      said.push([text.length, await subject.said('POST', `${STATE}/transaction`, text)]);
    }
    said.push(await subject.said('POST', `${STATE}/bulk`, body(LARGEST + 1)));
    return said;
  }),
  byStore('a body that is no JSON, or not of its shape', async (subject) => [
    await subject.said('POST', `${STATE}/transaction`, '{"operations":'),
    await subject.said('POST', `${STATE}/transaction`, 'hello'),
    await subject.said('POST', `${STATE}/transaction`, '[]'),
    await subject.said('POST', `${STATE}/transaction`, ''),
    await subject.said('POST', `${STATE}/bulk`, 'hello'),
    await subject.said('POST', STATE, 'hello'),
    await subject.said('POST', STATE, '{}'),
  ]),
  byStore('a store that is not there', async (subject) => [
    await subject.said('POST', '/v1.0/state/other/transaction', { operations: [] }),
    await subject.said('POST', '/v1.0/state/other/bulk', { keys: [] }),
    await subject.said('GET', '/v1.0/state/other/key'),
  ]),
  byStore('a deletion of one, with the right etag, a wrong one, and none', async (subject) => {
    for (const key of ['r1', 'r2', 'r3']) await put(subject, key, 1);
    const drop = (key: string, headers?: Record<string, string>) =>
      subject.said('DELETE', `${STATE}/${subject.own(key)}`, undefined, headers);
    return [
      await drop('r1'),
      await drop('r2', { 'if-match': await etagOf(subject, 'r2') }),
      await drop('r3', { 'if-match': '999' }),
      await drop('r4'),
      await drop('r4', { 'if-match': '999' }),
    ];
  }),
];

/** What daprd does with state. */
export const stateCases: readonly Case[] = [...etags, ...creation, ...transactions, ...reading, ...limits];
