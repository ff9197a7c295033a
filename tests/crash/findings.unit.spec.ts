import { Findings } from './findings.ts';
import type { Document, PublishedEvent } from './snapshot.ts';

const standing: Document = { id: 1, version: 1, state: {} };
const gone: Document = { id: 2, version: 2, state: null };
const event: PublishedEvent = { id: 'a/Thing-1/1.0', type: 'ThingMade', data: {} };

const looked = (): Findings =>
  new Findings({
    documents: new Map([
      ['a/Thing-1', standing],
      ['a/Thing-2', gone],
    ]),
    published: [event],
  });
const said = ({ violations }: Findings): string[] => violations.map(({ about, what }) => `${about}: ${what}`);

test('given two commands that were answered with one record, when answers are compared, then it is named', () => {
  const findings = looked();
  expect([...findings.answeredOnce(['a/Thing-1', 'a/Thing-2', 'a/Thing-1'])]).toEqual(['a/Thing-1', 'a/Thing-2']);
  expect(said(findings)).toEqual(['a/Thing-1: two commands were answered with it']);
});

test('given a record of no accepted command, when records are compared, then it is named', () => {
  const findings = looked();
  findings.acceptedOnly('a/Thing', (_, state) => !state);
  expect(said(findings)).toEqual(['a/Thing-1: is the effect of a command that was never accepted']);
});

test.each([
  [[], 'a/Thing-1/1.0: the number of notices of ThingMade is 0 instead of 1'],
  [[event.id, event.id], 'a/Thing-1/1.0: the number of notices of ThingMade is 2 instead of 1'],
  [[event.id, 'a/Thing-3/1.0'], 'a/Thing-3/1.0: a notice of an event that is not on the topic'],
])('given the notices %j, when they are compared with the topic, then what is wrong is named', (notices, wrong) => {
  const findings = looked();
  findings.noticedOnce(notices, new Set(['ThingMade']));
  expect(said(findings)).toEqual([wrong]);
});

test('given an event that nobody is to hear of, when it is noticed, then that is wrong', () => {
  const findings = looked();
  findings.noticedOnce([event.id], new Set());
  expect(said(findings)).toEqual(['a/Thing-1/1.0: the number of notices of ThingMade is 1 instead of 0']);
});
