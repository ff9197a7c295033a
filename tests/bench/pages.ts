/** A page of ten courses out of ten, out of very many, and out of those that are left when most were deleted. */
import { Pool } from 'undici';
import { BLOCK, blockKey, blockOf, countsKey } from '../../services/kit/persistence/gone.ts';
import { type Bench, ms } from './bench.ts';
import { median } from './load.ts';

const SIZE = 10;
const WARM = 50;
const ASKED = 200;
/** Of so many records one is kept. */
const KEPT = 10;

const key = (id: number): string => `lecture-course||Course-${id}`;
const course = (id: number) => ({ id, teacher: 'kim', name: `Korean ${id}`, fee: 10_000, textBook: 'kor_book' });
const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const isKept = (id: number): boolean => id % KEPT === 1;

/** The records are put into the store, not made one by one. */
const seed = ({ stores }: Bench, count: number): Promise<void> =>
  stores.seed([
    ...numbers(count).map((id) => [key(id), { id, state: course(id), version: 1, causes: [`seed-${id}`] }] as const),
    ['lecture-course||ids-Course', { next: count + 1 }] as const,
  ]);

/** Takes nine of ten records away, and notes it in the index of what is gone as the kit does. */
async function deleteMost({ stores }: Bench, count: number): Promise<void> {
  const gone = numbers(count).filter((id) => !isKept(id));
  await stores.forget(gone.map(key));
  const blocks = new Map<number, Buffer>();
  const counts: Record<string, number> = {};
  for (const id of gone) {
    const block = blockOf(id);
    const bits = blocks.get(block) ?? Buffer.alloc(BLOCK / 8);
    blocks.set(block, bits);
    const place = id % BLOCK;
    bits[place >> 3] = (bits[place >> 3] ?? 0) | (1 << (place & 7));
    counts[block] = (counts[block] ?? 0) + 1;
  }
  await stores.seed([
    ...[...blocks].map(
      ([block, bits]) => [`lecture-course||${blockKey('Course', block)}`, bits.toString('base64')] as const,
    ),
    [`lecture-course||${countsKey('Course')}`, counts] as const,
  ]);
}

/** Median time of a page somewhere in the listing. @param first number of the first course of a page */
async function asked(pool: Pool, pageCount: number, first: (page: number) => number): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < WARM + ASKED; n++) {
    const started = performance.now();
    const page = Math.floor(Math.random() * pageCount);
    const { body } = await pool.request({ method: 'GET', path: `/courses?page=${page}&size=${SIZE}` });
    const text = await body.text();
    if (!text.includes(`Korean ${first(page)}"`)) throw new Error(`Page ${page} is wrong: ${text.slice(0, 200)}`);
    if (n >= WARM) times.push(performance.now() - started);
  }
  return median(times);
}

export async function pages(bench: Bench): Promise<void> {
  const { build, rows, options } = bench;
  const { size } = options;
  const pool = new Pool(`http://127.0.0.1:${await build.port('lecture-course')}`);
  await seed(bench, SIZE);
  const few = await asked(pool, 1, () => 1);
  const row = (measure: string, many: number): void => {
    rows.push({
      measure,
      figure: ms(many),
      against: `a page of 10 rows: ${ms(few)}`,
      ratio: many / few,
      goal: 'ratio 1.3',
      met: many / few <= 1.3,
      values: { median: many, 'median / 10 rows': many / few },
    });
  };
  await seed(bench, size);
  row(`a page of ${size.toLocaleString('en')} rows: median`, await asked(pool, size / SIZE, (page) => page * SIZE + 1));
  await deleteMost(bench, size);
  const left = size / KEPT / SIZE;
  row('the same, 90 % of them deleted: median', await asked(pool, left, (page) => page * SIZE * KEPT + 1));
  await pool.close();
}
