import type { Sidecar } from '../dapr/sidecar.ts';
import { readSurely } from '../dapr/sure-read.ts';
import type { Aggregate, Identified, Kind } from '../domain/aggregate.ts';
import { Collection } from './collection.ts';
import type { Loaded } from './commits.ts';
import type { Document } from './document.ts';
import type { Ids } from './ids.ts';
import { idKey, naturalKey, pointedAt, uniqueKey } from './keys.ts';
import { CHUNK, type Page, type PageRequest, type Row } from './pages.ts';
import type { Ref } from './ref.ts';
import { Rows } from './rows.ts';
import { hasValue, SecondaryIndex } from './secondary-index.ts';

/** How many records a search without pages answers. */
const FOUND = 1_000;
const FOUND_READS = 20;

/** Reading the records of one service. Everything here throws Unavailable when the store is away. */
export class RecordReader {
  protected readonly index: SecondaryIndex;
  protected readonly rows: Rows;
  private readonly collection: Collection;

  constructor(
    protected readonly sidecar: Sidecar,
    readonly ids: Ids,
  ) {
    this.rows = new Rows(sidecar);
    this.index = new SecondaryIndex(sidecar, this.rows);
    this.collection = new Collection(sidecar, ids, this.rows);
  }

  /** The record with this number. */
  async get<S extends Identified>(kind: Aggregate<S>, id: number): Promise<S | undefined> {
    return present(await this.rows.byId(kind, [id]))[0];
  }

  /** The records with these natural keys, in no order: for the rows of a page, in one bulk read for 250, and again for those missing. */
  async withKeys<S extends Identified>(kind: Aggregate<S>, keys: readonly (string | number)[]): Promise<S[]> {
    const all = [...new Set(keys.map((key) => naturalKey(kind, key)))];
    const found: S[] = [];
    for (let from = 0; from < all.length; from += CHUNK)
      for (const { value } of await readSurely(this.sidecar.state, all.slice(from, from + CHUNK))) {
        const { state } = (value ?? {}) as Partial<Document>;
        if (state) found.push(state as S);
      }
    return found;
  }

  /** Whether there is, or was, a record with this natural key (or, where the kind has none, this number). */
  async wasMade(kind: Kind, key: string | number): Promise<boolean> {
    return (await this.load([naturalKey(kind, key)]))[0]?.document !== undefined;
  }

  /** The record whose key or `uniqueBy` field has this value, or the first 1,000 whose `listBy` field has it. */
  async findBy<S extends Identified>(kind: Aggregate<S>, field: string, value: string): Promise<S[]> {
    return (await this.find(kind, field, value, { number: 0, size: FOUND }, FOUND_READS)).items;
  }

  /**
   * One page of the records with this value in a key, `uniqueBy` or `listBy` field.
   * It costs at most 9 bulk reads, however many there are; on SQL what is missing is asked for once more.
   */
  async find<S extends Identified>(
    kind: Aggregate<S>,
    field: string,
    value: string,
    request: PageRequest,
    reads?: number,
  ): Promise<Page<S>> {
    const list = kind.listBy?.find((by) => by === field);
    const found = list && kind.keyedBy !== field ? [] : await this.findOne(kind, field, value);
    if (!list) return { ...request, items: request.number === 0 ? found.slice(0, request.size) : [], next: undefined };
    // The one that its key finds is not in the list; it comes first.
    return this.index.find(kind, list, value, request, found, reads);
  }

  /** All records with this value in a `listBy` field, at most 250 at a time: for policies that do something with each. */
  async *each<S extends Identified>(
    kind: Aggregate<S>,
    field: keyof S & string,
    value: string,
  ): AsyncGenerator<readonly S[]> {
    const found = kind.keyedBy === field ? await this.findOne(kind, field, value) : [];
    if (found.length > 0) yield found;
    yield* this.index.each(kind, field, value);
  }

  /** One page of the collection; costs as much with 100,000 records, or 90 % of them deleted, as with 10. */
  list<S extends Identified>(kind: Aggregate<S>, page: PageRequest): Promise<Page<S>> {
    return this.collection.list(kind, page);
  }

  /** The newest `count` records, ascending by number. */
  newest<S extends Identified>(kind: Aggregate<S>, count: number): Promise<S[]> {
    return this.collection.newest(kind, count);
  }

  /** Reads documents by key. */
  async load(keys: readonly string[]): Promise<Loaded[]> {
    const isSure = this.sidecar.state.tellsAbsence(keys.length);
    return (await this.sidecar.read(keys)).map(({ key, value, etag }) => ({
      key,
      etag,
      document: value as Document | undefined,
      isDoubtful: etag === undefined && !isSure,
    }));
  }

  private async findOne<S extends Identified>(kind: Aggregate<S>, field: string, value: string): Promise<S[]> {
    if (kind.numberedBy === field)
      return /^[1-9]\d{0,15}$/.test(value) ? present(await this.rows.byId(kind, [Number(value)])) : [];
    const at = kind.keyedBy === field ? naturalKey(kind, value) : await this.pointedAt(uniqueKey(kind, field, value));
    if (at === undefined) return [];
    const states = (await this.load([at])).flatMap(({ document }) => (document?.state ? [document.state as S] : []));
    // A pointer may lead to a record that has another value by now; what a record's key is never changes.
    return kind.keyedBy === field ? states : states.filter((state) => hasValue(state, field, value));
  }

  /** The key of the document of a record; undefined: no record has this number. */
  async keyOf<S extends Identified>(ref: Ref<S>): Promise<string | undefined> {
    if ('key' in ref) return naturalKey(ref.kind, ref.key);
    return ref.kind.keyedBy ? this.pointedAt(idKey(ref.kind, ref.id)) : idKey(ref.kind, ref.id);
  }

  private async pointedAt(key: string): Promise<string | undefined> {
    return pointedAt((await this.sidecar.read([key]))[0]?.value);
  }
}

const present = <S>(rows: readonly Row<S>[]): S[] =>
  rows.flatMap((row) => (typeof row === 'object' ? [row.state] : []));
