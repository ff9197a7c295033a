import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../run/paths.ts';
import {
  type AsyncApi,
  type Contract,
  contractOf,
  keyOf,
  type OpenApi,
  type Operation,
  requestOf,
} from './contract.ts';
import { fieldOf } from './schema.ts';

const read = <T>(file: string): T => JSON.parse(readFileSync(join(root, 'docs', file), 'utf8')) as T;

/** The documents as they lie in the repository: what the screen makes of them counts. */
function contract(system: string): Contract {
  const services = readdirSync(join(root, 'docs/asyncapi', system)).map((file) => file.replace('.json', ''));
  return contractOf({
    openapi: read<OpenApi>(`openapi/${system}.json`),
    asyncapi: Object.fromEntries(services.map((one) => [one, read<AsyncApi>(`asyncapi/${system}/${one}.json`)])),
  });
}
const LECTURE = contract('lecture');
const operation = (id: string): Operation => {
  const found = LECTURE.operations.find((one) => one.id === id);
  if (!found) throw new Error(`There is no ${id}.`);
  return found;
};
const samples = ({ inputs }: Operation) => Object.fromEntries(inputs.map((one) => [keyOf(one), one.sample]));

test('given the documents of lecture, when its contract is read, then it says who tells and who acts', () => {
  const { events, services } = LECTURE;
  expect(services).toEqual(['alert', 'class', 'course', 'gift', 'pay', 'point']);
  const published = events.find(({ type }) => type === 'PaymentApproved');
  expect([published?.by, published?.to]).toEqual([['pay'], ['alert', 'class', 'course', 'point']]);
  expect(published?.fields.map(({ name }) => name)).toContain('fee');
  expect(published?.example).toMatchObject({ type: 'PaymentApproved' });
});

test('given an enrolment, when nothing is changed, then its samples make a request that can be sent', () => {
  const enrol = operation('postClasses');
  expect(enrol.roles).toEqual(['student', 'operator']);
  expect(enrol.inputs.map(keyOf)).not.toContain('body id');
  const { body, ...rest } = requestOf(enrol, samples(enrol));
  expect(rest).toEqual({ method: 'POST', path: '/classes', headers: {} });
  expect(JSON.parse(body ?? '')).toEqual({ courseId: 1, fee: 10_000, student: 'john-doe', textBook: 'kor_book' });
});

test('given values, when a request is made of them, then each stands in its place, and what is no number stays as it is', () => {
  const change = operation('patchClassesId');
  const values = { 'path id': 'a/b', 'header If-Match': '"1"', 'body fee': 'abc', 'body courseId': '2' };
  expect(requestOf(change, values)).toEqual({
    method: 'PATCH',
    path: '/classes/a%2Fb',
    headers: { 'if-match': '"1"' },
    body: JSON.stringify({ courseId: 2, fee: 'abc' }, null, 2),
  });
  expect(requestOf(change, values, '{').body).toBe('{');
  const seek = operation('getInquiryMypagesSearchFindByClassId');
  expect(requestOf(seek, { 'query classId': '1 &' })).toMatchObject({
    path: '/inquiryMypages/search/findByClassId?classId=1+%26',
  });
});

test.each(['academy', 'insurance', 'lecture', 'rental', 'reward'])(
  'given all of %s, when it is read, then every operation and event can be shown and tried',
  (system) => {
    const { operations, events, about } = contract(system);
    expect(about).not.toBe('');
    for (const one of operations) {
      expect([one.id, one.service, one.answers.every((answer) => answer.about)]).toEqual([
        one.id,
        expect.stringMatching(/./),
        true,
      ]);
      expect(requestOf(one, samples(one)).path).not.toMatch(/[{}]/);
    }
    for (const { by, fields, example } of events)
      expect([by.length > 0, fields.length > 0, typeof example]).toEqual([true, true, 'object']);
  },
);

test.each([
  [{ type: 'integer', minimum: 1, maximum: 9_007_199_254_740_991 }, 'a whole number from 1'],
  [
    { anyOf: [{ anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string' }] }, { type: 'null' }] },
    'a whole number from 0',
  ],
  [{ type: 'string', const: 'CANCEL' }, 'CANCEL'],
  [{ enum: ['1', '2', ''] }, '1 or 2'],
  [{ type: 'string', maxLength: 1_000, pattern: '^P\\d{8}$' }, 'text like ^P\\d{8}$, at most 1,000 characters'],
])('given %j, when it is put into words, then a person knows what to write', (schema, words) => {
  expect(fieldOf('x', schema, true).words).toBe(words);
});
