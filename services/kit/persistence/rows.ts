import type { Sidecar, Stored } from '../dapr/sidecar.ts';
import { readSurely } from '../dapr/sure-read.ts';
import type { Aggregate, Identified, Kind } from '../domain/aggregate.ts';
import { type Document, isTombstone } from './document.ts';
import { idKey, pointedAt, seqKey } from './keys.ts';
import { CHUNK, isListed, type Row } from './pages.ts';

const always = (_number: number): boolean => true;
const documentOf = ({ value }: Stored): Document | undefined => value as Document | undefined;

/** Reads records by number, in one bulk read or, where pointers lead to them, in two. */
export class Rows {
  constructor(private readonly sidecar: Sidecar) {}

  /** By their public numbers. @param matters which of them must not seem to be missing: see readSurely */
  byId<S extends Identified>(kind: Aggregate<S>, ids: readonly number[], matters = always): Promise<Row<S>[]> {
    const keys = ids.map((id) => idKey(kind, id));
    const isIt = (document: Document, index: number): boolean => document.id === ids[index];
    const sure = new Set(keys.filter((_, index) => matters(ids[index]!)));
    return kind.keyedBy ? this.pointed(kind, keys, sure, isIt) : this.at(kind, keys, sure, isIt);
  }

  /** By their places in the collection, which are their public numbers unless others gave those. */
  byPlace<S extends Identified>(kind: Aggregate<S>, places: readonly number[], matters = always): Promise<Row<S>[]> {
    if (!kind.numberedBy) return this.byId(kind, places, matters);
    return this.pointed(
      kind,
      places.map((place) => seqKey(kind, place)),
      new Set(places.filter(matters).map((place) => seqKey(kind, place))),
      (document, index) => document.seq === places[index],
    );
  }

  /** Says which of some places in a collection have a record that it lists, as of now. */
  listed<S extends Identified>(kind: Aggregate<S>): (places: readonly number[]) => Promise<readonly number[]> {
    return async (places) => {
      const found: number[] = [];
      for (let at = 0; at < places.length; at += CHUNK) {
        const some = places.slice(at, at + CHUNK);
        const now = await this.byPlace(kind, some);
        found.push(...some.filter((_, index) => isListed(now[index])));
      }
      return found;
    };
  }

  /** How many bulk reads it takes. */
  costById = ({ keyedBy }: Pick<Kind, 'keyedBy'>): number => (keyedBy ? 2 : 1);
  costByPlace = ({ keyedBy, numberedBy }: Pick<Kind, 'keyedBy' | 'numberedBy'>): number =>
    keyedBy || numberedBy ? 2 : 1;

  private async pointed<S extends Identified>(
    kind: Aggregate<S>,
    keys: readonly string[],
    sure: ReadonlySet<string>,
    isIt: (document: Document, index: number) => boolean,
  ): Promise<Row<S>[]> {
    const { state } = this.sidecar;
    const targets = (await readSurely(state, keys, (key) => sure.has(key))).map(({ value }) => pointedAt(value));
    const known = [...new Set(targets.flatMap((target) => target ?? []))];
    const documents = new Map((await readSurely(state, known)).map((stored) => [stored.key, documentOf(stored)]));
    return targets.map((target, index) =>
      rowOf(kind, target === undefined ? undefined : documents.get(target), index, isIt),
    );
  }

  private async at<S extends Identified>(
    kind: Aggregate<S>,
    keys: readonly string[],
    sure: ReadonlySet<string>,
    isIt: (document: Document, index: number) => boolean,
  ): Promise<Row<S>[]> {
    const stored = await readSurely(this.sidecar.state, keys, (key) => sure.has(key));
    return stored.map((one, index) => rowOf(kind, documentOf(one), index, isIt));
  }
}

/** A pointer may be left by a transaction that was rejected: a record is found by its own number only. */
function rowOf<S extends Identified>(
  kind: Aggregate<S>,
  document: Document | undefined,
  index: number,
  isIt: (document: Document, index: number) => boolean,
): Row<S> {
  if (!document || !isIt(document, index)) return 'missing';
  if (document.state) {
    const state = document.state as S;
    return kind.isShown?.(state) === false ? { state, isHidden: true } : { state };
  }
  return isTombstone(document) ? 'gone' : 'missing';
}
