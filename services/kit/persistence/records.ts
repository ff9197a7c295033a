import type { Sidecar } from '../dapr/sidecar.ts';
import type { Aggregate, Decision, Identified, Kind } from '../domain/aggregate.ts';
import { type Context, realContext } from '../runtime/context.ts';
import { createAfter, type Steps } from '../saga/create-after.ts';
import { Changes, type Decide } from './change.ts';
import { Commits, type Loaded, type Next, type TracedEvent } from './commits.ts';
import { Creation } from './creation.ts';
import { type Command, Idempotency, type Outcome, repeated } from './idempotency.ts';
import type { Ids } from './ids.ts';
import { naturalKey } from './keys.ts';
import { RecordReader } from './record-reader.ts';
import type { Ref } from './ref.ts';
import type { Intent, UnitOfWork } from './unit-of-work.ts';

export type { Steps } from '../saga/create-after.ts';
export type { Decide } from './change.ts';
export type { Loaded } from './commits.ts';
export type { Command, Outcome } from './idempotency.ts';
export { keyPart, naturalKey } from './keys.ts';
export type { Page, PageRequest } from './pages.ts';
export { byId, byKey, type Ref } from './ref.ts';

/**
 * The records of one service: reading, and changing one record by a pure decision.
 * Every change is one unit of work: the record and the events it causes, or neither.
 * A command with an Idempotency-Key has one effect, and every repetition gets the first answer, for a day; the same key
 * with another request is refused (RuleViolation, 422). A command that was refused leaves nothing behind.
 */
export class Records extends RecordReader {
  private readonly idempotency: Idempotency;
  private readonly commits: Commits;
  private readonly creation: Creation;
  private readonly changes: Changes;

  constructor(
    sidecar: Sidecar,
    readonly work: UnitOfWork,
    ids: Ids,
    context: Context = realContext,
  ) {
    super(sidecar, ids);
    this.idempotency = new Idempotency(sidecar);
    this.commits = new Commits(sidecar, work, ids, this.index, this.rows, this.idempotency, context);
    this.creation = new Creation(this, ids, this.idempotency, this.commits);
    this.changes = new Changes(this, this.idempotency, this.commits);
  }

  /**
   * Creates a record. Repeating the same command, or creating a second one with the same natural key, answers the first.
   * @param options.key value of the `keyedBy` field, where the kind has one; options.id a number claimed before
   * @throws RuleViolation when the record was cancelled before it came into being, or the key belongs to another request
   */
  create<S extends Identified>(
    kind: Aggregate<S>,
    command: Command,
    decide: (id: number) => Decision<S>,
    options: { key?: string | number; id?: number } = {},
  ): Promise<S> {
    return this.creation.create(kind, command, decide, options);
  }

  /**
   * Changes one record: `change(byId(Payment, 7), command, cancelPayment)`.
   * Commands on one record take turns within a process; against others the etag decides.
   * @param decide undefined: nothing to do. What it reads is read after this record and before it is written, and read
   *   again if this record changed meanwhile.
   * @throws what `decide` throws; RuleViolation (422) when the key of the command belongs to another request
   */
  change<S extends Identified>(ref: Ref<S>, command: Command, decide: Decide<S>): Promise<Outcome<S>> {
    return this.changes.change(ref, command, decide);
  }

  /**
   * What the first command under this key came to: for routes that call others before they change anything here.
   * @returns undefined where it came to nothing yet, or the command has no key
   * @throws RuleViolation (422) when the key belongs to another request
   */
  async answered<S extends Identified>(_kind: Aggregate<S>, command: Command): Promise<Outcome<S> | undefined> {
    return repeated(await this.idempotency.find(command));
  }

  /**
   * Promises, durably, that `id` will be ended with these events unless it is created: for work that another service
   * does on its behalf before it exists. See UnitOfWork.intend.
   * @param key value of the `keyedBy` field, where the kind has one
   */
  intend<S extends Identified>(
    kind: Aggregate<S>,
    id: number,
    otherwise: Decision<S>,
    key: string | number = id,
  ): Promise<Intent> {
    return this.commits.intend(kind, naturalKey(kind, key), id, otherwise);
  }

  /**
   * Creates a record for which something else has to be done first, for instance another service's part (a payment): no
   * record without the part, and nothing is left of the part without the record, whoever dies when. See docs/decisions/0007-intent.md.
   * @param steps for the number the record will have. What it refuses was not begun; with `ask` goes `otherwise`.
   * @throws RuleViolation (409) when an earlier try under the same Idempotency-Key was undone; CalleeUnavailable, Unavailable
   */
  createAfter<S extends Identified>(
    kind: Aggregate<S>,
    command: Command,
    steps: (id: number) => Promise<Steps<S>>,
  ): Promise<S> {
    const { ids, idempotency, creation } = this;
    return createAfter({ ids, idempotency, creation, intend: (...of) => this.intend(...of) }, kind, command, steps);
  }

  /**
   * The number for a new record. With an Idempotency-Key, it is claimed under the key first, so a repetition meets the same record.
   * @param least no number below this one, see Ids.next
   */
  claimId(kind: Kind, command: Command, least = 1): Promise<number> {
    return this.creation.claimId(kind, command, least);
  }

  /** Commits what was decided on a loaded document: see Commits.commit. @throws Conflict, Unavailable */
  commit(
    kind: Kind,
    loaded: Loaded,
    next: Next,
    causes: readonly string[],
    events: readonly TracedEvent[],
  ): Promise<void> {
    return this.commits.commit(kind, loaded, next, causes, events);
  }

  /** The number of a new record: its own, or the one others gave it. */
  numberFor(kind: Pick<Kind, 'name' | 'numberedBy'>, key: string | number): Promise<number> | number {
    return kind.numberedBy ? Number(key) : this.ids.next(kind.name);
  }
}
