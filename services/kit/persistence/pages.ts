import { readSignal } from '../telemetry/telemetry.ts';

/** Part of a collection. */
export interface Page<S> {
  readonly items: S[];
  readonly number: number;
  readonly size: number;
  /**
   * Number of the next page, if there is one. It is this page's own number where not everything between its records could
   * be looked at in one request (very many that are gone and not noted yet): asked again, the page has more.
   */
  readonly next: number | undefined;
}

/** Which part of a collection is asked for: the `number`th page, from 0, of `size` records. */
export interface PageRequest {
  readonly number: number;
  readonly size: number;
  readonly descending?: boolean;
}

/** Documents in one bulk read. */
export const CHUNK = 250;
/** Records of the next page read along: they answer whether there is one. */
const PEEK = 3;
const RESTARTS = 2;

/** A record, which lists may pass over; or that there is none any more, or that there is none yet and perhaps never. */
export type Row<S> = { readonly state: S; readonly isHidden?: boolean } | 'gone' | 'missing';

/** Whether lists have it. */
export const isListed = <S>(row: Row<S> | undefined): row is { readonly state: S } =>
  typeof row === 'object' && row.isHidden !== true;

/** Numbers in blocks, of which only those needed are read; the numbers of the records of a collection or list. */
export interface Numbers {
  /** Numbers of the blocks that have any, ascending. */
  readonly blocks: readonly number[];
  blockOf(number: number): number;
  /** How many numbers a block has; undefined: it has to be read first. */
  countOf(block: number): number | undefined;
  /** The numbers of a block, ascending; undefined: it has to be read first. */
  numbersOf(block: number): readonly number[] | undefined;
  load(blocks: readonly number[]): Promise<void>;
  /** Numbers without a record that lists have when they were looked at last: they do not count, but are looked at again. */
  readonly absent: ReadonlySet<number>;
  /** Learns what was found under these numbers. */
  found(rows: ReadonlyMap<number, Row<unknown>>): void;
}

/** How much one request may read; and it ends when its client is gone. */
export class Allowance {
  /** @param cost bulk reads that records take, after the block that names them was read in one */
  constructor(
    private left: number,
    readonly cost: number,
  ) {}

  get isEnoughForRecords(): boolean {
    return this.left >= this.cost;
  }

  get isEnoughForBlocks(): boolean {
    return this.left > this.cost;
  }

  spend(reads: number): void {
    this.left -= reads;
    readSignal()?.throwIfAborted();
  }
}

/**
 * The records at the places [number * size, (number + 1) * size) of a sequence of numbers. What turns out to have no
 * record, or one that lists do not have, is passed over, so a page is full unless it is the last.
 * @param read looks for the records of at most 250 numbers, in `allowance.cost` bulk reads
 * @param first records that stand before all others
 */
export async function pageOf<S>(
  numbers: Numbers,
  page: PageRequest,
  read: (numbers: readonly number[]) => Promise<Row<S>[]>,
  allowance: Allowance,
  first: readonly S[] = [],
): Promise<Page<S>> {
  const { number, size, descending = false } = page;
  const places = Math.max(0, number * size - first.length);
  for (let restarts = 0; ; restarts++) {
    const walk = new Walk(numbers, descending, allowance);
    const items: S[] = first.slice(number * size);
    // A number before the page that had no record may have one by now. It then has a place, so the page begins later.
    // After the last restart nobody looks for one again: a page must come to an end while others make records.
    let before = (await walk.skip(places)) && restarts < RESTARTS ? walk.absentBefore() : [];
    let isMoved = false;
    for (let wanted = size + PEEK; items.length <= size && allowance.isEnoughForRecords; wanted = CHUNK) {
      const batch = await walk.take(Math.min(wanted, CHUNK));
      if (batch.length === 0) break;
      const all = [...batch, ...before.slice(0, CHUNK - batch.length)];
      before = [];
      allowance.spend(allowance.cost);
      const rows = await read(all);
      numbers.found(new Map(rows.map((row, index) => [all[index] ?? 0, row])));
      isMoved ||= rows.slice(batch.length).some(isListed);
      if (isMoved) break;
      items.push(...rows.slice(0, batch.length).flatMap((row) => (isListed(row) ? [row.state] : [])));
    }
    if (isMoved) continue;
    const isFull = items.length > size || (items.length === size && !walk.isOver);
    const next = isFull ? number + 1 : walk.isOver ? undefined : number;
    return { items: items.slice(0, size), number, size, next };
  }
}

/** A way through numbers in one direction. */
class Walk {
  private readonly order: readonly number[];
  private at = 0;
  private ahead: number[] = [];

  constructor(
    private readonly numbers: Numbers,
    private readonly descending: boolean,
    private readonly allowance: Allowance,
  ) {
    this.order = descending ? numbers.blocks.toReversed() : numbers.blocks;
  }

  /** Everything was taken. */
  get isOver(): boolean {
    return this.ahead.length === 0 && this.at >= this.order.length;
  }

  /** Passes over the first `count` places; false: that could not be done in this request. */
  async skip(count: number): Promise<boolean> {
    const { numbers, order } = this;
    for (let left = count; left > 0 && this.at < order.length; this.at++) {
      const block = order[this.at] as number;
      if (numbers.countOf(block) === undefined && !(await this.load((one) => numbers.countOf(one) === undefined)))
        return false;
      const places = numbers.countOf(block) ?? 0;
      if (places <= left) {
        left -= places;
        continue;
      }
      if (!numbers.numbersOf(block) && !(await this.loadAhead(CHUNK))) return false;
      this.ahead = this.inOrder(block);
      let passed = 0;
      while (left > 0) if (!numbers.absent.has(this.ahead[passed++] as number)) left--;
      this.ahead.splice(0, passed);
    }
    return true;
  }

  /** The next numbers, absent ones included; fewer, if that is all or the allowance is used up. */
  async take(count: number): Promise<number[]> {
    while (this.ahead.length < count && this.at < this.order.length) {
      const block = this.order[this.at] as number;
      if (!this.numbers.numbersOf(block) && !(await this.loadAhead(count))) break;
      this.ahead.push(...this.inOrder(block));
      this.at++;
    }
    return this.ahead.splice(0, count);
  }

  /** Absent numbers that lie behind us. */
  absentBefore(): number[] {
    const { numbers, descending } = this;
    const first = this.ahead[0];
    const block = this.order[this.at];
    const isBefore = (number: number): boolean => {
      const [here, there] = first === undefined ? [numbers.blockOf(number), block] : [number, first];
      return there === undefined || (descending ? here > there : here < there);
    };
    return numbers.absent.size > 0 && (this.at > 0 || first !== undefined) ? [...numbers.absent].filter(isBefore) : [];
  }

  private inOrder(block: number): number[] {
    const numbers = this.numbers.numbersOf(block) ?? [];
    return this.descending ? numbers.toReversed() : [...numbers];
  }

  /** Reads the blocks from here on that have the next `count` numbers. */
  private loadAhead(count: number): Promise<boolean> {
    let places = 0;
    return this.load((block) => {
      const isNeeded = places < count;
      places += this.numbers.countOf(block) ?? 1;
      return isNeeded && this.numbers.numbersOf(block) === undefined;
    });
  }

  private async load(isWanted: (block: number) => boolean): Promise<boolean> {
    if (!this.allowance.isEnoughForBlocks) return false;
    this.allowance.spend(1);
    await this.numbers.load(
      this.order
        .slice(this.at, this.at + CHUNK * 4)
        .filter(isWanted)
        .slice(0, CHUNK),
    );
    return true;
  }
}
