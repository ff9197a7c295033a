import { lineOf } from './log-lines.ts';
import { Ring } from './ring.ts';

interface Numbered {
  readonly seq: number;
  readonly data?: string;
}

interface Answer {
  readonly entries: readonly Buffer[];
}

const entriesOf = ({ entries }: Answer) => JSON.parse(`[${Buffer.concat(entries)}]`) as Numbered[];
const numbers = (of: Answer): number[] => entriesOf(of).map(({ seq }) => seq);
const numbersOf = (ring: Ring, trace: string): unknown[] => ring.ofTrace(trace).map((one) => one.seq);

test('given entries, when some are asked for, then those after the number come, and those of one trace', () => {
  const ring = new Ring();
  for (const trace of ['a', 'b', 'a']) ring.add({ trace, data: `${trace} 강의` });
  ring.add({ trace: 'b', data: 'a' });
  expect(numbers(ring.since(0))).toEqual([1, 2, 3, 4]);
  expect(entriesOf(ring.since(2))).toEqual([
    { seq: 3, trace: 'a', data: 'a 강의' },
    { seq: 4, trace: 'b', data: 'a' },
  ]);
  expect(numbers(ring.since(4))).toEqual([]);
  expect(ring.since(4).leftOut).toBe(0);
  expect([numbersOf(ring, 'a'), numbersOf(ring, 'b'), numbersOf(ring, '')]).toEqual([[1, 3], [2, 4], []]);
});

test('given far more than is kept, when it is asked for, then it says how many are left out, and nothing else is', () => {
  const ring = new Ring();
  for (let n = 0; n < 30_000; n++) ring.add({ trace: 'a', data: 'x'.repeat(1_000) });
  const newest = numbers(ring.since(undefined));
  expect([newest.length, newest[0], newest.at(-1)]).toEqual([4_000, 26_001, 30_000]);
  const read: number[] = [];
  let leftOut = 0;
  for (let last = 10; last < ring.seq; ) {
    const some = ring.since(last);
    expect(some.entries.length).toBeGreaterThan(0);
    read.push(...numbers(some));
    leftOut += some.leftOut;
    ({ last } = some);
  }
  expect(read).toEqual(Array.from({ length: read.length }, (_, n) => 30_001 - read.length + n));
  expect([read.length > 4_000, leftOut]).toEqual([true, 30_000 - 10 - read.length]);
  const kept = numbersOf(ring, 'a');
  expect([kept.length < 8_000, kept.at(-1)]).toEqual([true, 30_000]);
});

test('given an entry that is larger than all that is kept, when it is asked for, then it comes alone, and goes with the next', () => {
  const ring = new Ring();
  ring.add({ trace: 'a' });
  ring.add({ trace: 'a', data: 'x'.repeat(9_000_000) });
  expect(numbers(ring.since(0))).toEqual([2]);
  expect(ring.since(0).leftOut).toBe(1);
  ring.add({ trace: 'a' });
  expect(numbers(ring.since(0))).toEqual([3]);
});

test('given lines of a service, of a sidecar and of anything else, when they are read, then all have time, level and message', () => {
  const ours =
    '{"level":"warn","message":"a call failed","callee":"pay","service":"x","timestamp":"2026-01-01","traceId":"t"}';
  expect(lineOf('a', ours)).toEqual({
    id: 'a',
    time: '2026-01-01',
    level: 'warn',
    message: 'a call failed',
    trace: 't',
    more: '{"callee":"pay"}',
  });
  const daprd = 'time="2026-01-01" level=warning msg="it \\"says\\" so" app_id=a';
  expect(lineOf('a', daprd)).toEqual({ id: 'a', time: '2026-01-01', level: 'warn', message: 'it "says" so' });
  expect(lineOf('a', '{broken')).toMatchObject({ level: 'info', message: '{broken' });
});
