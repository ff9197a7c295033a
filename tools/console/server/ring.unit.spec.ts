import { lineOf } from './log-lines.ts';
import { Ring } from './ring.ts';

const numbers = (texts: readonly string[]): number[] => texts.map((text) => (JSON.parse(text) as { seq: number }).seq);

test('given entries, when some are asked for, then those after the number come, and those of one trace', () => {
  const ring = new Ring();
  for (const trace of ['a', 'b', 'a']) ring.add({ trace });
  expect(numbers(ring.since(0).entries)).toEqual([1, 2, 3]);
  expect(numbers(ring.since(2).entries)).toEqual([3]);
  expect(ring.since(3)).toEqual({ entries: [], leftOut: 0 });
  expect(numbers(ring.ofTrace('a'))).toEqual([1, 3]);
});

test('given far more than is kept, when it is asked for, then the newest come, and it says how many are left out', () => {
  const ring = new Ring();
  for (let n = 0; n < 30_000; n++) ring.add({ trace: 'a', data: 'x'.repeat(1_000) });
  const { entries, leftOut } = ring.since(10);
  expect([entries.length, leftOut]).toEqual([4_000, 30_000 - 10 - 4_000]);
  expect(numbers(entries).at(-1)).toBe(30_000);
  expect(ring.ofTrace('a').join('').length).toBeLessThanOrEqual(8_000_000);
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
