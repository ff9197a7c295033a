import type { Call } from '../../services/kit/testing/index.ts';
import type { World } from './world.ts';

/** What others do to a document between two calls of a service: seen from there, only the ETag tells. */

interface Asked {
  readonly operations?: readonly {
    readonly request: {
      readonly key: string;
      readonly etag?: string;
      readonly value?: { readonly causes?: readonly string[] };
    };
  }[];
}

interface Kept {
  readonly version: number;
}

/** As many causes as a document remembers. */
const OTHERS = 100;

/**
 * Another replica changes the aggregates that a transaction is about, and changes them back: the transaction comes too late.
 * @returns how many of them
 */
export function overtake(world: World, { appId, body }: Pick<Call, 'appId' | 'body'>): number {
  const { operations = [] } = JSON.parse(body) as Asked;
  const late = operations.filter(({ request }) => request.value?.causes && request.etag);
  return late.filter(({ request: { key, etag } }) => rewrite(world, appId, key, etag, (document) => document)).length;
}

/** Others change a document again and again, and at the end it says what it said. @returns whether there is one */
export const crowd = (world: World, appId: string, key: string): boolean =>
  rewrite(world, appId, key, undefined, (document) => ({
    ...document,
    version: document.version + OTHERS,
    causes: Array.from({ length: OTHERS }, (_, number) => `another-${number}#${document.version}`),
  }));

function rewrite(
  world: World,
  appId: string,
  key: string,
  expected: string | undefined,
  change: (document: Kept) => object,
): boolean {
  const { name, kind } = world.storeOf(appId);
  const store = world.backend.store(name, kind);
  const at = `${appId}||${key}`;
  const row = store.get(at);
  if (!row || (expected !== undefined && row.etag !== expected)) return false;
  const value = change(JSON.parse(row.value) as Kept);
  store.apply({ operation: 'upsert', key: at, value, etag: row.etag, firstWrite: false, ttl: undefined });
  return true;
}
