import type { Sidecar, Stored } from '../dapr/sidecar.ts';
import { readSurely } from '../dapr/sure-read.ts';
import type { Aggregate, Identified } from '../domain/aggregate.ts';
import { BLOCK, bitsOf, blockKey, blockOf, type Counts, countsKey, type Gone, hasBit } from './gone.ts';
import { Ids } from './ids.ts';
import { listingOf } from './keys.ts';
import { Allowance, CHUNK, isListed, type Numbers, type Page, type PageRequest, pageOf, type Row } from './pages.ts';
import type { Rows } from './rows.ts';

/** Bulk reads a page may take behind the first one. */
const READS = 8;
/** Numbers remembered as absent; more are looked at again as if they were not known. */
const REMEMBERED = 2_000;

/**
 * Collections in pages: docs/decisions/0017-pages.md.
 *
 * Promises: a page is full unless it is the last, and `next` is right; it costs at most 9 bulk reads of at most 250
 * documents, whatever is in the store (on SQL what is missing of them is asked for once more); a number that others gave never moves the end.
 */
export class Collection {
  private readonly absent = new Map<string, Set<number>>();

  constructor(
    private readonly sidecar: Sidecar,
    private readonly ids: Ids,
    private readonly rows: Rows,
  ) {}

  /** One page, by number. */
  async list<S extends Identified>(kind: Aggregate<S>, request: PageRequest, reads = READS): Promise<Page<S>> {
    const numbers = await this.numbers(kind);
    const isExpected = (place: number): boolean => !numbers.absent.has(place);
    const read = (places: readonly number[]): Promise<Row<S>[]> => this.rows.byPlace(kind, places, isExpected);
    const page = await pageOf(numbers, request, read, new Allowance(reads, this.rows.costByPlace(kind)));
    const up = request.descending ? -1 : 1;
    return { ...page, items: page.items.sort((a, b) => up * (a.id - b.id)) };
  }

  /** The newest `count` records, ascending by number; fewer where there are no more or too many gaps between them. */
  async newest<S extends Identified>(kind: Aggregate<S>, count: number): Promise<S[]> {
    const reads = READS + Math.ceil(count / CHUNK) * this.rows.costByPlace(kind);
    return (await this.list(kind, { number: 0, size: count, descending: true }, reads)).items.toReversed();
  }

  /** The numbers of a kind as they are now: what is noted, what is known to be unused, and the rest of them. */
  private async numbers<S extends Identified>(kind: Aggregate<S>): Promise<Places> {
    const listing = listingOf(kind);
    const { ids } = this;
    const absent = this.absent.get(listing) ?? new Set<number>();
    this.absent.set(listing, absent);
    // Taken before the store is read, so nothing that is read is newer than what is left out.
    const unused = ids.unused(listing);
    const noted = ids.gone.noted(listing);
    const exact = [...new Set([...[...noted, ...absent].map(blockOf), blockOf(unused.from), blockOf(unused.to)])];
    const known = exact.slice(0, CHUNK - 2).map((block) => blockKey(listing, block));
    // Of these only the first is there in every collection that has anything.
    const [reserved, directory, ...blocks] = await readSurely(
      this.sidecar.state,
      [Ids.keyOf(listing), countsKey(listing), ...known],
      (key) => key === Ids.keyOf(listing),
    );
    const { end, settled } = ids.endOf(listing, reserved);
    return new Places(this.sidecar, listing, {
      end,
      counts: (directory?.value ?? {}) as Counts,
      blocks: new Map(blocks.map((block, index) => [exact[index] ?? 0, block])),
      absent,
      isLeftOut: (number) =>
        noted.has(number) || (number >= unused.from && number < unused.to) || unused.single.has(number),
      found: (rows) => this.found(kind, ids.gone, absent, settled, rows),
    });
  }

  private found<S extends Identified>(
    kind: Aggregate<S>,
    gone: Gone,
    absent: Set<number>,
    settled: number,
    rows: ReadonlyMap<number, Row<unknown>>,
  ): void {
    const listing = listingOf(kind);
    const past: number[] = [];
    const abandoned: number[] = [];
    for (const [number, row] of rows) {
      // Who is not shown now may be soon: events come in any order.
      const isWaitedFor = row === 'missing' || (typeof row === 'object' && !isListed(row));
      if (isWaitedFor && number >= settled) absent.add(number);
      else absent.delete(number);
      if (row === 'gone') past.push(number);
      if (isWaitedFor && number < settled) abandoned.push(number);
    }
    for (const oldest of absent) {
      if (absent.size <= REMEMBERED) break;
      absent.delete(oldest);
    }
    gone.note(listing, past);
    gone.note(listing, abandoned, this.rows.listed(kind));
  }
}

interface Snapshot {
  readonly end: number;
  readonly counts: Counts;
  readonly blocks: ReadonlyMap<number, Stored>;
  readonly absent: ReadonlySet<number>;
  readonly isLeftOut: (number: number) => boolean;
  readonly found: (rows: ReadonlyMap<number, Row<unknown>>) => void;
}

/** The places of a collection at one moment: all numbers below the end that are not gone. */
class Places implements Numbers {
  readonly blocks: readonly number[];
  readonly absent: ReadonlySet<number>;
  readonly found: Snapshot['found'];
  readonly blockOf = blockOf;
  private readonly loaded = new Map<number, readonly number[]>();

  constructor(
    private readonly sidecar: Sidecar,
    private readonly listing: string,
    private readonly snapshot: Snapshot,
  ) {
    this.absent = snapshot.absent;
    this.found = snapshot.found;
    for (const [block, stored] of snapshot.blocks) this.loaded.set(block, this.placesOf(block, bitsOf(stored)));
    const all = Array.from({ length: blockOf(Math.max(0, snapshot.end - 1)) + 1 }, (_, block) => block);
    this.blocks = all.filter((block) => this.loaded.has(block) || this.places(block) > 0);
  }

  countOf(block: number): number {
    const loaded = this.loaded.get(block);
    if (!loaded) return this.places(block);
    return this.absent.size > 0 ? loaded.filter((number) => !this.absent.has(number)).length : loaded.length;
  }

  numbersOf(block: number): readonly number[] | undefined {
    const loaded = this.loaded.get(block);
    if (loaded || (this.snapshot.counts[block] ?? 0) > 0) return loaded;
    const all = this.placesOf(block, undefined);
    this.loaded.set(block, all);
    return all;
  }

  async load(blocks: readonly number[]): Promise<void> {
    const stored = await readSurely(
      this.sidecar.state,
      blocks.map((block) => blockKey(this.listing, block)),
    );
    for (const [index, block] of blocks.entries())
      this.loaded.set(block, this.placesOf(block, stored[index] && bitsOf(stored[index])));
  }

  private places(block: number): number {
    return Math.max(0, this.last(block) - this.first(block) - (this.snapshot.counts[block] ?? 0));
  }

  private placesOf(block: number, bits: Buffer | undefined): number[] {
    const places: number[] = [];
    for (let number = this.first(block); number < this.last(block); number++)
      if (!(bits && hasBit(bits, number)) && !this.snapshot.isLeftOut(number)) places.push(number);
    return places;
  }

  private first = (block: number): number => Math.max(1, block * BLOCK);
  private last = (block: number): number => Math.min(this.snapshot.end, (block + 1) * BLOCK);
}
