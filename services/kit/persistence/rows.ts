import type { Sidecar, Stored } from '../dapr/sidecar.ts';
import type { Aggregate, Identified, Kind } from '../domain/aggregate.ts';
import { type Document, isTombstone } from './document.ts';
import { idKey, pointedAt, seqKey } from './keys.ts';
import { CHUNK, isListed, type Row } from './pages.ts';

const documentOf = ({ value }: Stored): Document | undefined => value as Document | undefined;

/** Reads records by number, in one bulk read or, where pointers lead to them, in two. */
export class Rows {
  constructor(private readonly sidecar: Sidecar) {}

  /** By their public numbers. */
  byId<S extends Identified>(kind: Aggregate<S>, ids: readonly number[]): Promise<Row<S>[]> {
    const keys = ids.map((id) => idKey(kind, id));
    const isIt = (document: Document, index: number): boolean => document.id === ids[index];
    return kind.keyedBy ? this.pointed(kind, keys, isIt) : this.at(kind, keys, isIt);
  }

  /** By their places in the collection, which are their public numbers unless others gave those. */
  byPlace<S extends Identified>(kind: Aggregate<S>, places: readonly number[]): Promise<Row<S>[]> {
    if (!kind.numberedBy) return this.byId(kind, places);
    return this.pointed(
      kind,
      places.map((place) => seqKey(kind, place)),
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
    isIt: (document: Document, index: number) => boolean,
  ): Promise<Row<S>[]> {
    const targets = (await this.sidecar.read(keys)).map(({ value }) => pointedAt(value));
    const known = [...new Set(targets.flatMap((target) => target ?? []))];
    const documents = new Map((await this.sidecar.read(known)).map((stored) => [stored.key, documentOf(stored)]));
    return targets.map((target, index) =>
      rowOf(kind, target === undefined ? undefined : documents.get(target), index, isIt),
    );
  }

  private async at<S extends Identified>(
    kind: Aggregate<S>,
    keys: readonly string[],
    isIt: (document: Document, index: number) => boolean,
  ): Promise<Row<S>[]> {
    return (await this.sidecar.read(keys)).map((stored, index) => rowOf(kind, documentOf(stored), index, isIt));
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
