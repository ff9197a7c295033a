import { CREATE, type Sidecar, type StateWrite, type Stored } from '../dapr/sidecar.ts';
import { readSurely } from '../dapr/sure-read.ts';
import type { Aggregate, Identified, Kind } from '../domain/aggregate.ts';
import { Unavailable } from '../errors.ts';
import { log, reason, withoutClient } from '../telemetry/telemetry.ts';
import { IndexEntries, rangeOf } from './index-entries.ts';
import { batchByKey } from './keyed-mutex.ts';
import { fieldOf, keyPart } from './keys.ts';
import { Allowance, CHUNK, type Page, type PageRequest, pageOf, type Row } from './pages.ts';
import type { Rows } from './rows.ts';

const READS = 8;
const TRIES = 30;
/** Documents corrected in one transaction. */
const AT_ONCE = 50;
/** Documents of lists that surely stand in their directories, as far as they are remembered. */
const KNOWN = 10_000;

interface Correction {
  /** Numbers that are in the list no more. */
  readonly without: readonly number[];
  /** How many numbers documents were seen to have. */
  readonly counts: Readonly<Record<string, number>>;
  /** Says which of these numbers belong into the list after all. */
  survivors(numbers: readonly number[]): Promise<readonly number[]>;
}

type Reader<S> = (ids: readonly number[]) => Promise<Row<S>[]>;

/**
 * Lists which records have a value in a `listBy` field: a directory of ranges, and a document of numbers for each range,
 * written before the record. A list may name what does not exist, and never misses what does, but for what its key finds
 * already. Additions to the same document that wait for each other share a write. Readers take out what is gone or has
 * another value now, and remember how many numbers a range has, so that a later page is found without reading those before it.
 */
export class SecondaryIndex {
  private readonly append = batchByKey((key: string, numbers: readonly number[]) => this.enter(key, numbers));
  private readonly correct = batchByKey((list: string, corrections: readonly Correction[]) =>
    this.corrected(list, corrections),
  );
  private readonly entered = new Set<string>();
  private readonly absent = new Map<string, Set<number>>();

  constructor(
    private readonly sidecar: Sidecar,
    private readonly rows: Rows,
  ) {}

  /**
   * Enters a record into the lists of its kind, before it is written.
   * @param before the record as it was; where it had the same value it is listed already
   * @param isKey the record's key finds it by this field already
   */
  async add(kind: Kind, state: Identified, before: unknown, isKey: (field: string) => boolean): Promise<void> {
    for (const field of kind.listBy ?? []) {
      const value = fieldOf(state, field);
      if (value === undefined || value === fieldOf(before, field) || isKey(field)) continue;
      const list = listKey(kind.name, field, String(value));
      const range = rangeOf(state.id);
      await this.append(rangeKey(list, range), state.id);
      if (this.entered.has(rangeKey(list, range))) continue;
      await this.append(list, range);
      if (this.entered.size >= KNOWN) this.entered.clear();
      this.entered.add(rangeKey(list, range));
    }
  }

  /** One page of the records with this value, by number, behind those of `first` (which are few, and in no list). */
  async find<S extends Identified>(
    kind: Aggregate<S>,
    field: keyof S & string,
    value: string,
    request: PageRequest,
    first: readonly S[] = [],
    reads = READS,
  ): Promise<Page<S>> {
    const list = listKey(kind.name, field, value);
    const read = reading(this.rows, kind, field, value, this.absent.get(list));
    const numbers = await this.numbers(list, read);
    const page = await pageOf(numbers, request, read, new Allowance(reads, this.rows.costById(kind)), first);
    numbers.learn();
    return page;
  }

  /** All records with this value, at most 250 at a time, ascending by number. */
  async *each<S extends Identified>(kind: Aggregate<S>, field: keyof S & string, value: string): AsyncGenerator<S[]> {
    // What a policy passes over it may never see again, so nothing is taken for absent.
    const read = reading(this.rows, kind, field, value);
    const numbers = await this.numbers(listKey(kind.name, field, value), read);
    for (let at = 0; at < numbers.blocks.length; at++) {
      const block = numbers.blocks[at] as number;
      if (!numbers.numbersOf(block)) await numbers.load(numbers.blocks.slice(at, at + 16));
      const ids = numbers.numbersOf(block) ?? [];
      for (let from = 0; from < ids.length; from += CHUNK) {
        const some = ids.slice(from, from + CHUNK);
        const rows = await read(some);
        numbers.found(new Map(rows.map((row, index) => [some[index] ?? 0, row])));
        const states = rows.flatMap((row) => (typeof row === 'object' ? [row.state] : []));
        if (states.length > 0) yield states;
      }
      numbers.forget(block);
    }
    numbers.learn();
  }

  private async numbers(list: string, rows: Reader<unknown>): Promise<IndexEntries> {
    const absent = this.absent.get(list) ?? new Set<number>();
    const ranges = [...new Set([...absent].map(rangeOf))].slice(0, CHUNK - 2);
    const keys = [list, countsKey(list), ...ranges.map((range) => rangeKey(list, range))];
    const isNamed = (key: string): boolean => key !== countsKey(list);
    const [directory, counts, ...documents] = await readSurely(this.sidecar.state, keys, isNamed);
    const blocks = [...new Set(directory ? numbersOf(directory) : [])].sort((a, b) => a - b);
    const loaded = new Map(documents.map((stored, index) => [ranges[index] ?? 0, numbersOf(stored)]));
    return new IndexEntries(blocks, (counts?.value ?? {}) as Record<string, number>, loaded, absent, {
      read: async (some) =>
        (
          await readSurely(
            this.sidecar.state,
            some.map((range) => rangeKey(list, range)),
          )
        ).map(numbersOf),
      learn: (without, counts) => {
        if (absent.size > 0) this.absent.set(list, absent);
        else this.absent.delete(list);
        if (this.absent.size > 1_000) this.absent.clear();
        const survivors = async (numbers: readonly number[]): Promise<readonly number[]> => {
          const now = await rows(numbers);
          return numbers.filter((_, index) => typeof now[index] === 'object');
        };
        if (without.length > 0 || Object.keys(counts).length > 0)
          // Not under the read that found it: its client's going must not end what is done behind it.
          void withoutClient(() => this.correct(list, { without, counts, survivors })).catch((error) =>
            log.info('a list is corrected later', { list, reason: reason(error) }),
          );
      },
    });
  }

  private async enter(key: string, numbers: readonly number[]): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      const [stored] = await this.sidecar.read([key]);
      const present = new Set(stored && numbersOf(stored));
      if (numbers.every((number) => present.has(number))) return;
      const value = [...new Set([...present, ...numbers])];
      if (await this.sidecar.state.replaced({ key, value, etag: stored?.etag ?? CREATE })) return;
    }
    throw new Unavailable('a list is changed by too many at once', key);
  }

  /** Off the path of requests; what is not written now is seen, and written, by the next reader. */
  private async corrected(list: string, corrections: readonly Correction[]): Promise<void> {
    const counts: Record<string, number> = Object.assign({}, ...corrections.map((one) => one.counts));
    const without = new Map(corrections.flatMap((one) => one.without.map((number) => [number, one.survivors])));
    const ranges = [...new Set([...without.keys()].map(rangeOf))].slice(0, AT_ONCE);
    const [known, ...documents] = await this.sidecar.read([
      countsKey(list),
      ...ranges.map((range) => rangeKey(list, range)),
    ]);
    const writes = documents.map(
      (stored): StateWrite => ({
        key: stored.key,
        value: numbersOf(stored).filter((number) => !without.has(number)),
        etag: stored.etag ?? CREATE,
      }),
    );
    for (const [index, { value }] of writes.entries()) {
      const range = ranges[index] ?? 0;
      if (range in counts) counts[range] = (value as number[]).length;
    }
    const value = { ...(known?.value as object | undefined), ...counts };
    if (Object.keys(counts).length > 0) writes.push({ key: countsKey(list), value, etag: known?.etag ?? CREATE });
    // Failed or unknown, it may be written all the same, on Redis a part of it.
    await this.sidecar.wrote(writes);
    // Who got the value again before it was taken out found itself still listed: each looks at the other's work.
    for (const survivors of new Set(without.values())) {
      const taken = [...without].flatMap(([number, ask]) => (ask === survivors ? [number] : []));
      for (const number of await survivors(taken)) await this.append(rangeKey(list, rangeOf(number)), number);
    }
  }
}

/** Reads records by number, if they have a value. @param absent numbers that are not expected to have a record yet */
function reading<S extends Identified>(
  rows: Rows,
  kind: Aggregate<S>,
  field: keyof S & string,
  value: string,
  absent?: ReadonlySet<number>,
): Reader<S> {
  const isExpected = (id: number): boolean => !absent?.has(id);
  return async (ids) => (await rows.byId(kind, ids, isExpected)).map((row) => having(row, field, value));
}

/** A record that has another value now is not one of the list any more. Null is no value, and not the text "null". */
function having<S>(row: Row<S>, field: string, value: string): Row<S> {
  if (typeof row !== 'object') return row;
  return hasValue(row.state, field, value) ? row : 'gone';
}
export const hasValue = (state: unknown, field: string, value: string): boolean => {
  const actual = fieldOf(state, field);
  return actual !== undefined && String(actual) === value;
};

const numbersOf = ({ value }: Stored): number[] => (value as number[] | undefined) ?? [];
const listKey = (kind: string, field: string, value: string): string => `${kind}-by-${field}-${keyPart(value)}`;
const rangeKey = (list: string, range: number): string => `${list}-${range}`;
const countsKey = (list: string): string => `${list}-counts`;
