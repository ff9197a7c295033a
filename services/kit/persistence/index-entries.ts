import type { Numbers, Row } from './pages.ts';

/** Numbers of records in one document of a list: those of this many consecutive numbers. */
const RANGE = 256;
/** The last documents of a list still grow: how many numbers they have is not remembered. */
const GROWING = 2;

/** Which document of a list has this number. */
export const rangeOf = (number: number): number => Math.floor(number / RANGE);

/** The numbers in one list at one moment. */
export class IndexEntries implements Numbers {
  readonly blockOf = rangeOf;
  private readonly without = new Set<number>();
  private readonly seen: Record<string, number> = {};
  private readonly closed: ReadonlySet<number>;

  constructor(
    readonly blocks: readonly number[],
    private readonly counts: Readonly<Record<string, number>>,
    private readonly loaded: Map<number, readonly number[]>,
    readonly absent: Set<number>,
    private readonly by: {
      read(ranges: readonly number[]): Promise<number[][]>;
      learn(without: readonly number[], counts: Readonly<Record<string, number>>): void;
    },
  ) {
    this.closed = new Set(blocks.slice(0, -GROWING));
    for (const [range, numbers] of loaded) this.see(range, numbers);
  }

  countOf(range: number): number | undefined {
    const loaded = this.loaded.get(range);
    if (!loaded) return this.closed.has(range) ? this.counts[range] : undefined;
    return this.absent.size > 0 ? loaded.filter((number) => !this.absent.has(number)).length : loaded.length;
  }

  numbersOf(range: number): readonly number[] | undefined {
    return this.loaded.get(range);
  }

  async load(ranges: readonly number[]): Promise<void> {
    const documents = await this.by.read(ranges);
    for (const [index, range] of ranges.entries()) this.see(range, documents[index] ?? []);
  }

  found(rows: ReadonlyMap<number, Row<unknown>>): void {
    for (const [number, row] of rows) {
      if (row === 'missing') this.absent.add(number);
      else this.absent.delete(number);
      if (row === 'gone') this.without.add(number);
    }
  }

  forget(range: number): void {
    this.loaded.delete(range);
  }

  /** Keeps for those who come after us what was seen. */
  learn(): void {
    for (const number of this.without) {
      const count = this.seen[rangeOf(number)];
      if (count !== undefined) this.seen[rangeOf(number)] = count - 1;
    }
    this.by.learn([...this.without], this.seen);
  }

  private see(range: number, numbers: readonly number[]): void {
    this.loaded.set(
      range,
      [...numbers].sort((a, b) => a - b),
    );
    if (this.closed.has(range) && this.counts[range] !== numbers.length) this.seen[range] = numbers.length;
  }
}
