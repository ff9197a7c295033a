import type { Aggregate, Identified, Records } from '../../kit/index.ts';

/** Records in a list without pages: the newest, as many as one page of a search has at most. */
const NEWEST = 200;

/** The newest 200 records with this value, ascending by number. */
export async function newestBy<S extends Identified>(
  records: Records,
  kind: Aggregate<S>,
  field: string,
  value: string,
): Promise<S[]> {
  const page = await records.find(kind, field, value, { number: 0, size: NEWEST, descending: true });
  return page.items.toReversed();
}
