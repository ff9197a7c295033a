import type { Aggregate, Identified } from '../domain/aggregate.ts';

/** One record, named by its public number or by its natural key. See `byId` and `byKey`. */
export type Ref<S extends Identified> =
  | { readonly kind: Aggregate<S>; readonly id: number }
  | { readonly kind: Aggregate<S>; readonly key: string | number };

/**
 * The record with this public number. Where the kind is `keyedBy` something, a pointer is read first.
 * @param id what the record's `id` says
 */
export const byId = <S extends Identified>(kind: Aggregate<S>, id: number): Ref<S> => ({ kind, id });

/**
 * The record with this natural key.
 * @param key the value of the `keyedBy` field or, where the kind has none, the record's number
 */
export const byKey = <S extends Identified>(kind: Aggregate<S>, key: string | number): Ref<S> => ({ kind, key });
