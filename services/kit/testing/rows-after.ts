import type { Received } from '../messaging/policy.ts';
import type { Facts, View } from '../views/view.ts';

/**
 * The rows of a read model after these events, without a store or a broker: for tests of views.
 * @param events in the order in which they come
 * @returns the rows that are to be seen, in the order in which their first event came; their numbers count from 1, but for
 *   those of a view that is `numberedBy` a field
 */
export function rowsAfter<R>({ kind, policies, row }: View<R>, events: readonly Received[]): R[] {
  const documents = new Map<string | number, Facts>();
  for (const received of events)
    for (const policy of policies.filter(({ event }) => event.type === received.type))
      for (const reaction of [policy.react(received)].flat()) {
        if (!('key' in reaction)) continue;
        const { key } = reaction;
        const before = documents.get(key) ?? null;
        const id = before?.id ?? (kind.numberedBy ? Number(key) : documents.size + 1);
        const after = reaction.decide(before, id)?.state;
        if (after) documents.set(key, after as Facts);
      }
  return [...documents.values()].flatMap((facts) => row(facts) ?? []);
}
