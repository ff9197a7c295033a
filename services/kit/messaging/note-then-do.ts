import type { Aggregate, Decision, Identified } from '../domain/aggregate.ts';
import { byId, naturalKey, type Records } from '../persistence/records.ts';

/** Effects that were made by this process and are not marked as done yet. */
const made = new WeakMap<Records, Set<string>>();

/**
 * Does something outside this system (sends a message) for an event or command: notes it first, then does it, then marks it
 * done. Use it in an `async` policy that answers `[]`.
 *
 * Promises: no effect without a note; no second effect once it is marked, and none by this process while marking fails (a
 * store that can be read and not written). Only a process that dies between effect and mark makes it a second time.
 * @param steps.key natural key of the note; `cause`: the id of the event or command
 * @param steps.note the record that says it is to be done
 * @param steps.isDone whether a record says it was done; one that was made before this function was used should
 * @param steps.effect the effect; failing, the event is tried again
 * @param steps.done the record once it was done, and what is published of it
 * @throws what `effect` throws; Unavailable
 */
export async function noteThenDo<S extends Identified>(
  records: Records,
  kind: Aggregate<S>,
  steps: {
    readonly key: string | number;
    readonly cause: string;
    note(id: number): Decision<NoInfer<S>>;
    isDone(state: NoInfer<S>): boolean;
    effect(state: NoInfer<S>): Promise<void>;
    done(state: NoInfer<S>): Decision<NoInfer<S>>;
  },
): Promise<void> {
  const { key, cause, note, isDone, effect, done } = steps;
  const noted = await records.create(kind, { cause }, note, { key });
  if (isDone(noted)) return;
  const unmarked = made.get(records) ?? new Set();
  made.set(records, unmarked);
  const at = naturalKey(kind, key);
  if (!unmarked.has(at)) {
    await effect(noted);
    unmarked.add(at);
  }
  await records.change(byId(kind, noted.id), { cause: `${cause}/done` }, (state) =>
    isDone(state) ? undefined : done(state),
  );
  unmarked.delete(at);
}
