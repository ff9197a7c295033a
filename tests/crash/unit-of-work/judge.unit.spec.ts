import type { Document, PublishedEvent } from '../snapshot.ts';
import { faults, type Seen, unfinished } from './judge.ts';

const made: Document = { id: 1, version: 1, state: { name: 'made' } };
const changed: Document = { id: 1, version: 2, state: { name: 'made+' } };
const gone: Document = { id: 1, version: 1, state: null };
const seen = (documents: Readonly<Record<string, Document>>, events: Readonly<Record<string, string>>): Seen => ({
  appId: 'things',
  documents: new Map(Object.entries(documents)),
  published: Object.entries(events).map(([id, type]): PublishedEvent => ({ id: `things/${id}`, type, data: {} })),
});
const told = { 'Thing-1/1.0': 'ThingMade', 'Thing-1/1.1': 'ThingNoted' };
const changeToo = { ...told, 'Thing-1/2.0': 'ThingChanged' };

test.each([
  ['create', seen({}, {})],
  ['create', seen({ 'Thing-1': made }, told)],
  ['change', seen({ 'Thing-1': changed }, changeToo)],
  ['enrol', seen({ 'Thing-1': made }, { 'Thing-1/1.0': 'ThingMade' })],
  ['abandon', seen({ 'Thing-1': gone }, { 'Thing-1/1.0': 'ThingGone' })],
])('given %s that happened wholly or not at all, when it is judged, then nothing is wrong', (scenario, all) => {
  expect(faults(all, scenario)).toEqual([]);
});

test.each([
  ['an event that is missing', seen({ 'Thing-1': made }, { 'Thing-1/1.0': 'ThingMade' }), 'was not published'],
  ['events of nothing', seen({}, { 'Thing-1/1.0': 'ThingMade' }), 'was published and did not happen'],
  ['a change too many', seen({ 'Thing-1': changed }, changeToo), 'was changed 2 times'],
  ['a record of another kind', seen({ 'Order-of-1': made }, {}), 'should not exist'],
  ['a number of two', seen({ 'Thing-1': made, 'Thing-2': made }, told), 'a number was given twice'],
])('given %s, when it is judged, then that is wrong', (_, all, wrong) => {
  expect(faults(all, 'create').join('\n')).toContain(wrong);
});

const order: Document = { id: 7, version: 1, state: { name: 'made', status: 'OPEN', thingId: 1 } };
const pointer = { at: 'Order-of-1' } as unknown as Document;

test.each([
  ['an order whose event is missing', seen({ 'Order-of-1': order, 'Order-7': pointer }, {}), 'instead of 1'],
  ['an order to which nothing leads', seen({ 'Order-of-1': order }, { 'Order-of-1/1.0': 'OrderMade' }), 'pointer'],
  ['an event of a later version', seen({}, { 'Order-of-1/1.0': 'OrderMade' }), 'did not happen'],
])('given a batch with %s, when it is judged, then that is wrong', (_, all, wrong) => {
  expect(faults(all, 'batch').join('\n')).toContain(wrong);
});

test.each([
  ['create', {}, ['0 things instead of 1']],
  ['create', { 'Thing-1': made }, []],
  ['change', { 'Thing-1': made }, ['the change is missing or doubled']],
  ['remove', { 'Thing-1': gone }, []],
])('given %s and what stands, when it must be done, then what is missing is named', (scenario, documents, missing) => {
  expect(unfinished(new Map(Object.entries(documents)), scenario)).toEqual(missing);
});
