import { createHash } from 'node:crypto';
import type { StateWrite } from '../dapr/sidecar.ts';
import type { Kind } from '../domain/aggregate.ts';
import type { Document } from './document.ts';

type Named = Pick<Kind, 'name'>;

/**
 * A value as part of a key. It stands there as it is, or, where a store would not take it or could mistake it for
 * another, as its hash: Dapr allows no `||`, MySQL 255 characters, and its collations see no blanks at the end. Capital and
 * small letters differ in every store (Redis, SQLite, MySQL with utf8mb4_bin). A text that looks like a hash is hashed, too,
 * so that nobody can name another's.
 */
export function keyPart(value: string | number): string {
  const text = String(value);
  return /^[\w./:-]{1,100}$/.test(text) && !/^[\w-]{43}$/.test(text)
    ? text
    : createHash('sha256').update(text).digest('base64url');
}

/** Where a record of this number is or, for a kind that is `keyedBy` something, where a pointer says so. */
export const idKey = (kind: Named, id: number): string => `${kind.name}-${keyPart(id)}`;

/** Where a pointer says which record has this place in its collection; for kinds whose numbers others give. */
export const seqKey = (kind: Named, seq: number): string => `${kind.name}.${seq}`;

/** Where a pointer says which record has this value in a `uniqueBy` field. */
export const uniqueKey = (kind: Named, field: string, value: string): string =>
  `${kind.name}-with-${field}-${keyPart(value)}`;

/** The key of the document of a record, by its natural key or, where the kind has none, its number. */
export const naturalKey = (kind: Pick<Kind, 'name' | 'keyedBy'>, key: string | number): string =>
  kind.keyedBy ? `${kind.name}-of-${keyPart(key)}` : `${kind.name}-${keyPart(key)}`;

/** The name under which a kind's places in its collection are counted: its own numbers, or numbers for the listing alone. */
export const listingOf = (kind: Pick<Kind, 'name' | 'numberedBy'>): string =>
  kind.numberedBy ? `${kind.name}.seq` : kind.name;

/** What a pointer leads to. */
export const pointedAt = (value: unknown): string | undefined => (value as { at: string } | undefined)?.at;

/** Small documents that lead to a record; written with it, they may lead to nothing but never miss it. */
export function pointersOf(kind: Kind, key: string, before: Document | undefined, after: Document): StateWrite[] {
  const value = { at: key };
  const pointers: StateWrite[] = [];
  if (kind.keyedBy && after.id > 0 && !before?.id) pointers.push({ key: idKey(kind, after.id), value });
  if (after.seq && !before?.seq) pointers.push({ key: seqKey(kind, after.seq), value });
  for (const field of kind.uniqueBy ?? []) {
    const unique = fieldOf(after.state, field);
    if (unique !== undefined && unique !== fieldOf(before?.state, field))
      pointers.push({ key: uniqueKey(kind, field, String(unique)), value });
  }
  return pointers;
}

/** What a state has in a field; undefined where there is no state, or null or nothing in it. */
export const fieldOf = (state: unknown, field: string): unknown =>
  (state as Readonly<Record<string, unknown>> | null | undefined)?.[field] ?? undefined;
