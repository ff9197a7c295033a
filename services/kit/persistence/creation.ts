import { type Aggregate, type Decision, type Identified, type Kind, RuleViolation } from '../domain/aggregate.ts';
import { Unavailable } from '../errors.ts';
import { type Commits, type Loaded, traced } from './commits.ts';
import { type Document, isTombstone } from './document.ts';
import { type Claim, type Claimed, type Command, causeOf, type Idempotency, wasChangedBy } from './idempotency.ts';
import type { Ids } from './ids.ts';
import { naturalKey } from './keys.ts';
import type { RecordReader } from './record-reader.ts';
import { byId } from './ref.ts';
import { Conflict } from './unit-of-work.ts';

/** How often a record or a key is tried that others change at the same moment. */
export const TRIES = 30;

/** Creating records, each under a number of its own and once for each command. */
export class Creation {
  constructor(
    private readonly reader: RecordReader,
    private readonly ids: Ids,
    private readonly idempotency: Idempotency,
    private readonly commits: Commits,
  ) {}

  /** See Records.create. */
  async create<S extends Identified>(
    kind: Aggregate<S>,
    command: Command,
    decide: (id: number) => Decision<S>,
    options: { key?: string | number; id?: number } = {},
  ): Promise<S> {
    for (let tries = 0; tries < TRIES; tries++) {
      const claim = await this.idempotency.find(command);
      if (claim?.answer) return claim.answer.state as S;
      const known = options.id ?? (claim && (await this.standing(kind, claim, command)).id);
      const id = known ?? (await this.ids.next(kind.name));
      const decision = this.orPutBack(kind, known === undefined ? id : undefined, () => decide(id));
      if (command.fingerprint && claim?.id !== id && !(await this.idempotency.claim(command, claim, id))) continue;
      return this.createAt(kind, { command, claim }, id, options.key ?? id, decide, decision);
    }
    throw tooMany();
  }

  /** See Records.claimId. */
  async claimId(kind: Kind, command: Command, least = 1): Promise<number> {
    for (let tries = 0; tries < TRIES; tries++) {
      const claim = await this.idempotency.find(command);
      const known = claim && (await this.standing(kind, claim, command)).id;
      if (known !== undefined) return known;
      const id = await this.ids.next(kind.name, least);
      if (!command.fingerprint || (await this.idempotency.claim(command, claim, id))) return id;
    }
    throw tooMany();
  }

  /**
   * Writes a new record, or answers the one that is there already.
   * @param first what was decided for this number; decided again after a conflict
   */
  async createAt<S extends Identified>(
    kind: Aggregate<S>,
    claimed: Claimed,
    id: number,
    natural: string | number,
    decide: (id: number) => Decision<S>,
    first: Decision<S>,
  ): Promise<S> {
    const key = naturalKey(kind, natural);
    const { command } = claimed;
    // Nearly always there is nothing under the key, so writing comes first and reading only after a conflict.
    let loaded: Loaded = { key, etag: undefined, document: undefined };
    for (let tries = 0, decision = first; tries < TRIES; tries++, decision = decide(id)) {
      const existing = loaded.document;
      if (existing) return this.met(kind, command, existing);
      try {
        await this.commits.commit(
          kind,
          loaded,
          { id, state: decision.state },
          [causeOf(command)],
          traced(decision),
          claimed,
        );
        return decision.state as S;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
      loaded = (await this.reader.load([key]))[0] ?? loaded;
    }
    throw new Unavailable(`${kind.name} is changed by too many at once`);
  }

  /** There is a record under the natural key already: made by the same command, or by another one. */
  private async met<S extends Identified>(kind: Aggregate<S>, command: Command, existing: Document): Promise<S> {
    const claim = await this.idempotency.find(command);
    if (claim?.answer) return claim.answer.state as S;
    if (!existing.state) throw new RuleViolation(`${kind.name} was cancelled before it was made`, 409);
    return (await this.idempotency.nothing(command, claim, existing.state as S)).state as S;
  }

  /** What became of the number claimed under a key; no id: the first try was given up and undone, this one starts afresh. */
  async standing<S extends Identified>(
    kind: Aggregate<S>,
    claim: Claim,
    command: Command,
  ): Promise<{ id?: number; state?: S }> {
    const { id } = claim;
    if (id === undefined) return {};
    const key = await this.reader.keyOf(byId(kind, id));
    const document = key === undefined ? undefined : (await this.reader.load([key]))[0]?.document;
    if (document?.id !== id) return { id };
    if (document.state) return { id, state: document.state as S };
    return isTombstone(document) && !wasChangedBy(document, command) ? {} : { id };
  }

  private orPutBack<T>(kind: Pick<Kind, 'name'>, id: number | undefined, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (id !== undefined) this.ids.putBack(kind.name, id);
      throw error;
    }
  }
}

const tooMany = (): Unavailable => new Unavailable('the Idempotency-Key is in use by too many requests at once');
