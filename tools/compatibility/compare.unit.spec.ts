import { breaks, type Contract, isRaised, unannounced } from './compare.ts';
import { type Schema, shapesOf } from './shapes.ts';

/** What breaks whom: a change is planted in a small contract, and told in one sentence. */

const request = {
  type: 'object',
  properties: {
    fee: {
      anyOf: [
        { type: 'integer', minimum: 0 },
        { type: 'string', pattern: '^\\d+$' },
      ],
    },
    student: { type: 'string', maxLength: 1000 },
    level: { enum: ['low', 'high'] },
    note: { type: 'string' },
  },
  required: ['fee', 'student'],
} satisfies Schema;
const record = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    status: { enum: ['PAID', 'CANCEL'] },
    point: { type: ['integer', 'null'] },
    rows: { type: 'array', items: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] } },
  },
  required: ['id', 'status', 'point'],
} satisfies Schema;
const linked = (schema: Schema): Schema => ({ allOf: [schema, { $ref: '#/Linked' }] });
const shown = linked(record);
const document = { Linked: { type: 'object', properties: { _links: { type: 'object' } }, required: ['_links'] } };

interface Planted {
  request?: Schema;
  shown?: Schema;
  said?: Schema;
  status?: string;
  version?: string;
}
function contract(planted: Planted = {}): Contract {
  const answer = planted.shown ?? shown;
  return {
    version: planted.version ?? '0.1.0',
    operations: {
      'POST /payments': {
        clients: ['the page of lecture'],
        takes: shapesOf(planted.request ?? request, document, 'body'),
        status: planted.status ?? '201',
        answers: shapesOf(answer, document),
      },
    },
    events: {
      Paid: {
        by: 'pay',
        fields: shapesOf(planted.said ?? answer, document),
        consumers: { course: ['id', 'status', 'rows'], point: ['id', 'point'] },
      },
    },
  };
}

/** The schema with some of its fields otherwise; undefined takes one away. */
function changed(schema: Schema, fields: Record<string, Schema | undefined>, required = schema.required): Schema {
  const properties = Object.entries({ ...schema.properties, ...fields }).filter(([, field]) => field !== undefined);
  return {
    ...schema,
    properties: Object.fromEntries(properties) as Record<string, Schema>,
    ...(required ? { required } : {}),
  };
}

test.each<[what: string, planted: Planted]>([
  ['nothing', {}],
  ['an optional field that is taken', { request: changed(request, { extra: { type: 'string' } }) }],
  ['a value that is taken', { request: changed(request, { level: { enum: ['low', 'high', 'top'] } }) }],
  ['a field that need not be there any more', { request: changed(request, {}, ['fee']) }],
  ['a wider bound', { request: changed(request, { student: { type: 'string', maxLength: 2000 } }) }],
  [
    'a field that is answered',
    {
      shown: changed(record, { _links: { type: 'object' }, extra: { type: 'string' } }, [...record.required, '_links']),
    },
  ],
  [
    'a value that is answered no more',
    {
      said: changed(record, { status: { const: 'PAID' }, _links: { type: 'object' } }, [...record.required, '_links']),
    },
  ],
])('given %s is planted, when contracts are compared, then nobody is broken', (_, planted) => {
  expect(breaks(contract(), contract(planted))).toEqual([]);
});

test.each<[what: string, planted: Planted, sentence: string]>([
  ['a field taken away', { request: changed(request, { note: undefined }) }, 'body.note is not taken any more'],
  [
    'a type narrowed',
    { request: changed(request, { fee: { type: 'integer', minimum: 0 } }) },
    'body.fee cannot be string any more',
  ],
  [
    'a value taken away',
    { request: changed(request, { level: { enum: ['low'] } }) },
    'body.level cannot be "high" any more',
  ],
  [
    'values for a free text',
    { request: changed(request, { note: { enum: ['a'] } }) },
    'body.note can only be "a" from now on',
  ],
  [
    'a new required field',
    { request: changed(request, { extra: { type: 'string' } }, ['fee', 'student', 'extra']) },
    'body.extra has to be there from now on',
  ],
  [
    'a field made required',
    { request: changed(request, {}, ['fee', 'student', 'note']) },
    'body.note has to be there from now on',
  ],
  [
    'a lower maximum',
    { request: changed(request, { student: { type: 'string', maxLength: 10 } }) },
    'body.student has a narrower maxLength, 10',
  ],
  [
    'a higher minimum',
    {
      request: changed(request, {
        fee: {
          anyOf: [
            { type: 'integer', minimum: 1 },
            { type: 'string', pattern: '^\\d+$' },
          ],
        },
      }),
    },
    'body.fee has a narrower minimum, 1',
  ],
  [
    'a pattern for a free text',
    { request: changed(request, { note: { type: 'string', pattern: '^x' } }) },
    'body.note has a narrower pattern, "^x"',
  ],
])('given %s of a request, when contracts are compared, then one sentence names the client', (_, planted, what) => {
  expect(breaks(contract(), contract(planted))).toEqual([`POST /payments: ${what}: that breaks the page of lecture.`]);
});

test.each<[what: string, told: Schema, sentence: string]>([
  ['a field taken away', changed(record, { point: undefined }, ['id', 'status']), 'point is gone: that breaks point.'],
  ['a field of two', changed(record, { id: undefined }, ['status', 'point']), 'id is gone: that breaks course, point.'],
  [
    'a field inside a list',
    changed(record, { rows: { type: 'array', items: { type: 'object' } } }),
    'rows[].id is gone: that breaks course.',
  ],
  [
    'a field made optional',
    changed(record, {}, ['id', 'status']),
    'point may be missing from now on: that breaks point.',
  ],
  [
    'a type widened',
    changed(record, { id: { type: ['integer', 'null'] } }),
    'id may be null from now on: that breaks course, point.',
  ],
  [
    'a type changed',
    changed(record, { point: { type: 'string' } }),
    'point may be string from now on: that breaks point.',
  ],
  [
    'a value added',
    changed(record, { status: { enum: ['PAID', 'CANCEL', 'OPEN'] } }),
    'status may be "OPEN" from now on: that breaks course.',
  ],
  [
    'a text freed',
    changed(record, { status: { type: 'string' } }),
    'status may be other than "PAID", "CANCEL" from now on: that breaks course.',
  ],
])('given %s of an event, when contracts are compared, then one sentence names its consumers', (_, said, sentence) => {
  expect(breaks(contract(), contract({ said: linked(said) }))).toEqual([`Paid of pay: ${sentence}`]);
});

test('given a field of an event on which nobody here relies, when it goes, then who reads the topic elsewhere is named', () => {
  const before = contract();
  const paid = { ...before.events.Paid!, consumers: {} };
  expect(
    breaks(
      { ...before, events: { Paid: paid } },
      contract({ said: linked(changed(record, { point: undefined }, ['id', 'status'])) }),
    ),
  ).toEqual(['Paid of pay: point is gone: that breaks who reads the topic elsewhere.']);
});

test('given a field of an answer, when it goes, then the client is named', () => {
  const { answers, ...operation } = contract().operations['POST /payments']!;
  const { status: _, ...left } = answers;
  const after = { ...contract(), operations: { 'POST /payments': { ...operation, answers: left } } };
  expect(breaks(contract(), after)).toEqual([
    'POST /payments: in its answer status is gone: that breaks the page of lecture.',
  ]);
});

test('given an operation, an event and a status, when they go, then each is told', () => {
  expect(breaks(contract(), { version: '0.1.0', operations: {}, events: {} })).toEqual([
    'POST /payments is gone: that breaks the page of lecture.',
    'Paid of pay is gone: that breaks course, point.',
  ]);
  expect(breaks(contract(), contract({ status: '200' }))).toEqual([
    'POST /payments answers 200 instead of 201: that breaks the page of lecture.',
  ]);
});

test('given an operation and an event that are new, when contracts are compared, then nobody is broken', () => {
  expect(breaks({ version: '0.1.0', operations: {}, events: {} }, contract())).toEqual([]);
});

test.each([
  ['0.1.0', '0.1.1', false],
  ['0.1.0', '0.2.0', true],
  ['0.2.0', '0.1.0', false],
  ['1.1.0', '1.2.0', false],
  ['1.1.0', '2.0.0', true],
  ['0.9.0', '1.0.0', true],
])('given version %s, when %s comes next, then that it may break somebody is %s', (before, after, is) => {
  expect(isRaised(before, after)).toBe(is);
  const broken = contract({ version: after, status: '200' });
  expect(unannounced(contract({ version: before }), broken)).toHaveLength(is ? 0 : 1);
});
