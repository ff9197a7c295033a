import { Overloaded } from '../errors.ts';
import { Ring, SLOTS } from './ring.ts';

const record = (seq: number) => ({ seq, retired: 0, entries: [] });
const content = (open: readonly number[], top: number) => ({
  records: open.map(record),
  top,
  hole: top,
  etagAtTop: undefined,
});
const through = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

test('given a record that stays open, when the ring goes round twice, then no number lies in its slot', () => {
  const ring = new Ring('r');
  const first = ring.reserve(1);
  for (let n = 0; n < 2 * SLOTS; n++) {
    const seq = ring.reserve(1);
    expect(seq % SLOTS).not.toBe(first % SLOTS);
    ring.done(seq);
  }
  expect(ring.low).toBe(first);
  ring.done(first);
  expect(ring.idle).toBe(true);
});

test.each([
  ['960 open records', 960],
  ['1,023 open records', 1_023],
])(
  'given a former life that left %s, when work is finished, then there is room, and never over a record that is open',
  (_, count) => {
    const ring = new Ring('r');
    const open = through(5_000, 5_000 + count);
    ring.resume(content(open, 5_000 + count), 64);
    const taken = new Set(open.map((seq) => seq % SLOTS));
    expect(() => ring.reserve(1)).toThrow(Overloaded);
    for (let n = count; n < SLOTS; n++) {
      const slot = ring.reserve(1, true) % SLOTS;
      expect(taken).not.toContain(slot);
      taken.add(slot);
    }
    expect(() => ring.reserve(1, true)).toThrow(Overloaded);
    for (const seq of open) ring.done(seq);
    expect(ring.reserve(1)).toBeGreaterThan(5_000 + count);
  },
);

test('given a gap in which a former life may still write, when all else is done, then nothing in it is retired before its end', () => {
  const ring = new Ring('r');
  ring.resume(content([7], 8), 64);
  ring.done(7);
  ring.done(ring.reserve(1));
  expect([ring.low, ring.idle]).toEqual([8, false]);
  ring.endGap();
  expect(ring.idle).toBe(true);
});

test('given records of several entries, when each of them is done, then the record is retired with the last', () => {
  const ring = new Ring('r');
  const seq = ring.reserve(2);
  ring.done(seq);
  expect(ring.low).toBe(seq);
  ring.done(seq);
  expect(ring.low).toBe(seq + 1);
});
