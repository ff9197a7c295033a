import { type Aggregate, type Decision, type Identified, RuleViolation } from '../domain/aggregate.ts';
import { CalleeUnavailable } from '../errors.ts';
import { type Creation, TRIES } from '../persistence/creation.ts';
import { type Command, type Idempotency, repeated } from '../persistence/idempotency.ts';
import type { Ids } from '../persistence/ids.ts';
import type { Intent } from '../persistence/unit-of-work.ts';

/** What it takes to create a record in steps, see Records.createAfter. */
export interface Steps<S> {
  /** Its natural key, where the kind has one. */
  readonly key?: string | number;
  /** What is told if nothing comes of it, on which the other service undoes its part. */
  readonly otherwise?: Decision<S>;
  /** The call of the other service, idempotent by number or key; false where its part was undone already. */
  ask?(): Promise<boolean>;
  decide(id: number): Decision<S>;
}

/** What the saga needs of the records. */
export interface SagaParts {
  readonly ids: Ids;
  readonly idempotency: Idempotency;
  readonly creation: Creation;
  intend<S extends Identified>(
    kind: Aggregate<S>,
    id: number,
    otherwise: Decision<S>,
    key: string | number,
  ): Promise<Intent>;
}

/** See Records.createAfter. */
export async function createAfter<S extends Identified>(
  { ids, idempotency, creation, intend }: SagaParts,
  kind: Aggregate<S>,
  command: Command,
  steps: (id: number) => Promise<Steps<S>>,
): Promise<S> {
  // What was undone while this try went on starts afresh once, with a number of its own.
  for (let tries = 0, undone = 0; tries < TRIES && undone < 2; tries++) {
    const claim = await idempotency.find(command);
    if (claim?.answer) return claim.answer.state as S;
    const { id: known, state } = claim ? await creation.standing(kind, claim, command) : {};
    // Made meanwhile, and perhaps changed since: the answer came with it.
    if (state) return repeated<S>(await idempotency.find(command))?.state ?? state;
    const id = known ?? (await ids.next(kind.name));
    const { key = id, otherwise, ask, decide } = await steps(id);
    if (command.fingerprint && known === undefined && !(await idempotency.claim(command, claim, id))) continue;
    if (!ask || !otherwise) return creation.createAt(kind, { command, claim }, id, key, decide, decide(id));
    const promise = await intend(kind, id, otherwise, key);
    try {
      if (await ask()) {
        const made = await creation.createAt(kind, { command, claim }, id, key, decide, decide(id));
        promise.keep();
        return made;
      }
    } catch (error) {
      if (error instanceof CalleeUnavailable && !error.reached) promise.keep();
      else await promise.abandon();
      throw error;
    }
    await promise.abandon();
    undone++;
  }
  throw new RuleViolation(
    'it was undone while it was being made; send it again, with a new Idempotency-Key if it had one',
    409,
  );
}
