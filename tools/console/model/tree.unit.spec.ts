import type { Entry } from './entry.ts';
import { Rates } from './rates.ts';
import type { SystemModel } from './system.ts';
import { flat, type Node, treeOf } from './tree.ts';

const TRACE = 'a'.repeat(32);
const model: SystemModel = {
  services: [],
  lines: [],
  width: 0,
  height: 0,
  configuration: [],
  events: [
    { type: 'Paid', by: 'pay', to: ['course', 'class'] },
    { type: 'Delivered', by: 'course', to: [] },
  ],
};
let seq = 0;
const base = (service: string, at: number) => ({ seq: seq++, system: 'lecture', service, at, trace: TRACE });
const happened = (id: string, type: string, cause?: string) => ({ id, type, subject: '', cause, time: undefined });

const command = (at: number, status = 201, cause?: string): Entry => ({
  ...base('class', at),
  ...{ kind: 'command', id: 'req', cause, method: 'POST', path: '/classes', status, ms: 10, why: undefined },
});
const event = (service: string, at: number, id: string, type: string, cause?: string): Entry => ({
  ...base(service, at),
  kind: 'published',
  event: happened(id, type, cause),
});
const acted = (
  service: string,
  at: number,
  id: string,
  type: string,
  outcome: 'done' | 'waits' | 'dead' = 'done',
): Entry => ({
  ...base(service, at),
  ...{ kind: 'acted', event: happened(id, type, 'req'), as: 'policy', record: 'Delivery', key: '1', outcome },
});
const shape = ({ title, service, sticker, children }: Node): unknown =>
  children.length > 0 ? [`${sticker} ${title} ${service}`, children.map(shape)] : `${sticker} ${title} ${service}`;

test('given the events of a command in any order, when its tree is made, then each stands under its cause', () => {
  const entries = [
    event('course', 1_060, 'e2', 'Delivered', 'e1'),
    acted('class', 1_050, 'e1', 'Paid'),
    acted('course', 1_040, 'e1', 'Paid'),
    event('pay', 1_030, 'e1', 'Paid', 'req'),
    command(1_020),
  ];
  const tree = treeOf(TRACE, entries, model, 2_000);
  expect(tree.roots.map(shape)).toEqual([
    [
      'command POST /classes class',
      [['event Paid pay', ['policy Delivery 1 course', 'policy Delivery 1 class', 'event Delivered course']]],
    ],
  ]);
  expect(tree).toMatchObject({ state: 'finished', words: 'finished after 50 ms', title: 'POST /classes' });
});

test('given a service that has not acted, when some time is over, then the tree waits for it; before, it does not say so', () => {
  const entries = [command(1_020), event('pay', 1_030, 'e1', 'Paid', 'req'), acted('class', 1_040, 'e1', 'Paid')];
  expect(treeOf(TRACE, entries, model, 5_000)).toMatchObject({ state: 'waits', words: 'waits for course' });
  expect(treeOf(TRACE, entries, model, 1_100).words).not.toContain('waits');
});

test('given all that was expected has acted a moment ago, when the tree is made, then it is under way, for more may come of it', () => {
  const entries = [
    command(1_020),
    event('pay', 1_030, 'e1', 'Paid', 'req'),
    acted('class', 1_040, 'e1', 'Paid'),
    acted('course', 1_050, 'e1', 'Paid'),
  ];
  expect(treeOf(TRACE, entries, model, 1_100)).toMatchObject({ state: 'running', words: 'under way' });
  expect(treeOf(TRACE, entries, model, 2_000)).toMatchObject({ state: 'finished', words: 'finished after 40 ms' });
});

test('given entries that are missing, when the tree is made, then nobody is said to be waited for', () => {
  const entries = [
    command(1_020),
    event('pay', 1_030, 'e1', 'Paid', 'req'),
    acted('course', 1_040, 'e1', 'Paid', 'waits'),
  ];
  const tree = treeOf(TRACE, entries, model, undefined);
  expect(tree).toMatchObject({ state: 'partial', words: 'not all of it is known' });
  expect(tree.roots.flatMap(flat).map(({ sticker }) => sticker)).not.toContain('waiting');
});

test('given an event that comes again, when it is handled in the end, then it is one node with its number of tries', () => {
  const tries = [acted('course', 1_040, 'e1', 'Paid', 'waits'), acted('course', 1_050, 'e1', 'Paid', 'waits')];
  const paid = [
    command(1_020),
    event('pay', 1_030, 'e1', 'Paid', 'req'),
    acted('class', 1_040, 'e1', 'Paid'),
    ...tries,
  ];
  expect(treeOf(TRACE, paid, model, 9_000).words).toBe('waits for course');
  const tree = treeOf(TRACE, [...paid, acted('course', 1_060, 'e1', 'Paid')], model, 9_000);
  const [node] = tree.roots
    .flatMap(flat)
    .filter(({ service, sticker }) => service === 'course' && sticker === 'policy');
  expect([tree.state, node?.times, node?.outcome]).toEqual(['finished', 3, undefined]);
});

test('given a refused command, a dead letter, and events whose telling was not seen, then the tree says so', () => {
  expect(treeOf(TRACE, [command(1_020, 422)], model, 9_000)).toMatchObject({ state: 'refused', words: 'refused: 422' });
  const dead = [command(1_020), acted('course', 1_040, 'e1', 'Paid', 'dead'), acted('class', 1_040, 'e1', 'Paid')];
  const tree = treeOf(TRACE, dead, model, 9_000);
  expect(tree.state).toBe('dead');
  expect(tree.roots.flatMap(flat).find(({ sticker }) => sticker === 'event')).toMatchObject({
    title: 'Paid',
    service: 'pay',
  });
});

test('given events that cause each other, when the tree is made, then it ends', () => {
  const round = [event('pay', 1, 'e1', 'Paid', 'e2'), event('course', 2, 'e2', 'Delivered', 'e1')];
  expect(treeOf(TRACE, round, model, 9_000).roots.flatMap(flat).length).toBeLessThanOrEqual(8);
});

test('given what services did, when rates are taken, then commands, calls and events count at their lines for ten seconds', () => {
  const rates = new Rates(() => ({ lecture: model }));
  const at = Date.now() - 3_000;
  for (let n = 0; n < 20; n++) rates.take(command(at));
  for (let n = 0; n < 10; n++) rates.take(acted('course', at, 'e1', 'Paid'));
  for (const outcome of ['open', 'timeout'] as const)
    rates.take({
      ...base('class', at),
      ...{ kind: 'call', cause: 'req', callee: 'lecture-pay', path: 'x', outcome, ms: 1 },
    });
  rates.take(command(Date.now() - 40_000));
  expect(rates.rate('lecture gateway>class command')).toBeCloseTo(2);
  expect(rates.rate('lecture pay>course event')).toBeCloseTo(1);
  expect(rates.rate('lecture class>pay failed')).toBeCloseTo(0.2);
  expect(rates.lastCalls.get('lecture class>pay')).toMatchObject({ outcome: 'open' });
  expect(rates.series('lecture class').reduce((sum, one) => sum + one, 0)).toBe(21);
});
