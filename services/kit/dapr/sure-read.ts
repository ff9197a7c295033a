import type { StateStore, Stored } from './state.ts';

/** So many documents are asked for again one by one; more of them together. */
const BY_THEMSELVES = 16;

/**
 * Reads documents for those who take what is not there for gone: what does not seem to be there is asked for once more.
 *
 * daprd 1.18.2 takes the end of a result of SQL that broke off for its whole end, and answers 200 as if there were no more of
 * these documents (components-contrib 1.18.3: rows.Err is not asked). Of one document it tells the truth.
 * @param matters of which keys it has to be sure; where one of them appears the result broke off, and it is sure of all
 * @throws Unavailable, StoreRejected
 */
export async function readSurely(
  store: StateStore,
  keys: readonly string[],
  matters: (key: string) => boolean = () => true,
): Promise<Stored[]> {
  const stored = await store.read(keys);
  if (store.tellsAbsence(keys.length)) return stored;
  const missing = stored.flatMap((one) => (isThere(one) ? [] : [one.key]));
  const appeared = await lookAgain(store, missing.filter(matters));
  if (appeared.length > 0)
    appeared.push(
      ...(await lookAgain(
        store,
        missing.filter((key) => !matters(key)),
      )),
    );
  const found = new Map(appeared.map((one) => [one.key, one]));
  return stored.map((one) => found.get(one.key) ?? one);
}

/** Those of some documents that are there after all. Many are asked for together, until none appears any more. */
async function lookAgain(store: StateStore, keys: readonly string[]): Promise<Stored[]> {
  if (keys.length <= BY_THEMSELVES)
    return (await Promise.all(keys.map((key) => store.read([key])))).flat().filter(isThere);
  const found = (await store.read(keys)).filter(isThere);
  if (found.length === 0) return [];
  const known = new Set(found.map(({ key }) => key));
  return [
    ...found,
    ...(await lookAgain(
      store,
      keys.filter((key) => !known.has(key)),
    )),
  ];
}

const isThere = ({ etag }: Stored): boolean => etag !== undefined;
