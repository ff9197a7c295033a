import type { Sidecar } from '../dapr/sidecar.ts';
import { type Aggregate, type Decision, type Identified, type Kind, RuleViolation } from '../domain/aggregate.ts';
import { CalleeUnavailable, Unavailable } from '../errors.ts';
import { type Context, realContext } from '../runtime/context.ts';
import { Collection } from './collection.ts';
import { Commits, type Loaded, type Next, type Told, toldNow } from './commits.ts';
import { type Document, isTombstone } from './document.ts';
import {
  type Claim,
  type Command,
  causeOf,
  Idempotency,
  type Outcome,
  outcome,
  repeated,
  wasChangedBy,
} from './idempotency.ts';
import type { Ids } from './ids.ts';
import { keyedMutex } from './keyed-mutex.ts';
import { idKey, naturalKey, pointedAt, uniqueKey } from './keys.ts';
import { CHUNK, type Page, type PageRequest, type Row } from './pages.ts';
import type { Ref } from './ref.ts';
import { Rows } from './rows.ts';
import { hasValue, Lists } from './secondary-index.ts';
import { Conflict, type Intent, type UnitOfWork } from './unit-of-work.ts';

export type { Loaded } from './commits.ts';
export type { Command, Outcome } from './idempotency.ts';
export { keyPart, naturalKey } from './keys.ts';
export type { Page, PageRequest } from './pages.ts';
export { byId, byKey, type Ref } from './ref.ts';

/** What a decision on a record answers; undefined: nothing to do. It may read other records, never change any. */
export type Decide<S> = (state: S) => Decision<S> | undefined | Promise<Decision<S> | undefined>;

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

const TRIES = 30;
/** How many records a search without pages answers. */
const FOUND = 1_000;
const FOUND_READS = 20;

/**
 * The records of one service: reading, and changing one record by a pure decision.
 * Every change is one unit of work: the record and the events it causes, or neither.
 * A command with an Idempotency-Key has one effect, and every repetition gets the first answer, for a day; the same key
 * with another request is refused (RuleViolation, 422). A command that was refused leaves nothing behind.
 */
export class Records {
  private readonly rows: Rows;
  private readonly lists: Lists;
  private readonly collection: Collection;
  private readonly idempotency: Idempotency;
  private readonly commits: Commits;
  private readonly inTurn = keyedMutex<string>();

  constructor(
    private readonly sidecar: Sidecar,
    readonly work: UnitOfWork,
    readonly ids: Ids,
    context: Context = realContext,
  ) {
    this.rows = new Rows(sidecar);
    this.lists = new Lists(sidecar, this.rows);
    this.collection = new Collection(sidecar, ids, this.rows);
    this.idempotency = new Idempotency(sidecar);
    this.commits = new Commits(sidecar, work, ids, this.lists, this.idempotency, context);
  }

  /** The record with this number. */
  async get<S extends Identified>(kind: Aggregate<S>, id: number): Promise<S | undefined> {
    return present(await this.rows.byId(kind, [id]))[0];
  }

  /** The records with these natural keys, in no order: for what belongs to the rows of a page, in one bulk read for 250. */
  async withKeys<S extends Identified>(kind: Aggregate<S>, keys: readonly (string | number)[]): Promise<S[]> {
    const all = [...new Set(keys.map((key) => naturalKey(kind, key)))];
    const found: S[] = [];
    for (let from = 0; from < all.length; from += CHUNK)
      for (const { document } of await this.load(all.slice(from, from + CHUNK)))
        if (document?.state) found.push(document.state as S);
    return found;
  }

  /** Whether there is, or was, a record with this natural key (or, where the kind has none, this number). */
  async wasMade(kind: Kind, key: string | number): Promise<boolean> {
    return (await this.load([naturalKey(kind, key)]))[0]?.document !== undefined;
  }

  /** The record whose key or `uniqueBy` field has this value, or the first 1,000 whose `listBy` field has it. */
  async findBy<S extends Identified>(kind: Aggregate<S>, field: string, value: string): Promise<S[]> {
    return (await this.find(kind, field, value, { number: 0, size: FOUND }, FOUND_READS)).items;
  }

  /**
   * One page of the records with this value in a key, `uniqueBy` or `listBy` field.
   * It costs at most 9 bulk reads, however many there are.
   */
  async find<S extends Identified>(
    kind: Aggregate<S>,
    field: string,
    value: string,
    wish: PageRequest,
    reads?: number,
  ): Promise<Page<S>> {
    const list = kind.listBy?.find((by) => by === field);
    const found = list && kind.keyedBy !== field ? [] : await this.findOne(kind, field, value);
    if (!list) return { ...wish, items: wish.number === 0 ? found.slice(0, wish.size) : [], next: undefined };
    // The one that its key finds is not in the list; it comes first.
    return this.lists.find(kind, list, value, wish, found, reads);
  }

  /** All records with this value in a `listBy` field, at most 250 at a time: for policies that do something with each. */
  async *each<S extends Identified>(
    kind: Aggregate<S>,
    field: keyof S & string,
    value: string,
  ): AsyncGenerator<readonly S[]> {
    const found = kind.keyedBy === field ? await this.findOne(kind, field, value) : [];
    if (found.length > 0) yield found;
    yield* this.lists.each(kind, field, value);
  }

  /** One page of the collection; costs as much with 100,000 records, or 90 % of them deleted, as with 10. */
  list<S extends Identified>(kind: Aggregate<S>, page: PageRequest): Promise<Page<S>> {
    return this.collection.list(kind, page);
  }

  /** The newest `count` records, ascending by number. */
  newest<S extends Identified>(kind: Aggregate<S>, count: number): Promise<S[]> {
    return this.collection.newest(kind, count);
  }

  /**
   * Creates a record. Repeating the same command, or creating a second one with the same natural key, answers the first.
   * @param options.key value of the `keyedBy` field, where the kind has one; options.id a number claimed before
   * @throws RuleViolation when the record was cancelled before it came into being, or the key belongs to another request
   */
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
      return this.createAt(kind, command, id, options.key ?? id, decide, decision);
    }
    throw tooMany();
  }

  /**
   * Changes one record: `change(byId(Payment, 7), command, cancelPayment)`.
   * Commands on one record take turns within a process; against others the etag decides.
   * @param decide undefined: nothing to do. What it reads is read after this record and before it is written, and read
   *   again if this record changed meanwhile.
   * @throws what `decide` throws; RuleViolation (422) when the key of the command belongs to another request
   */
  async change<S extends Identified>(ref: Ref<S>, command: Command, decide: Decide<S>): Promise<Outcome<S>> {
    const claim = await this.idempotency.find(command);
    if (claim?.answer) return outcome('repeated', claim.answer.state as S | null);
    const key = 'key' in ref ? naturalKey(ref.kind, ref.key) : await this.keyOf(ref.kind, ref.id);
    if (key === undefined) return { kind: 'missing' };
    return this.inTurn(key, () => this.changeAt(ref.kind, key, command, claim, decide));
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
  async createAfter<S extends Identified>(
    kind: Aggregate<S>,
    command: Command,
    steps: (id: number) => Promise<Steps<S>>,
  ): Promise<S> {
    // What was undone while this try went on starts afresh once, with a number of its own.
    for (let tries = 0, undone = 0; tries < TRIES && undone < 2; tries++) {
      const claim = await this.idempotency.find(command);
      if (claim?.answer) return claim.answer.state as S;
      const { id: known, state } = claim ? await this.standing(kind, claim, command) : {};
      if (state) return state;
      const id = known ?? (await this.ids.next(kind.name));
      const { key = id, otherwise, ask, decide } = await steps(id);
      if (command.fingerprint && known === undefined && !(await this.idempotency.claim(command, claim, id))) continue;
      if (!ask || !otherwise) return this.createAt(kind, command, id, key, decide, decide(id));
      const promise = await this.intend(kind, id, otherwise, key);
      try {
        if (await ask()) {
          const made = await this.createAt(kind, command, id, key, decide, decide(id));
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

  /**
   * The number for a new record. With an Idempotency-Key, it is claimed under the key first, so a repetition meets the same record.
   * @param least no number below this one, see Ids.next
   */
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

  /** Reads documents by key. */
  async load(keys: readonly string[]): Promise<Loaded[]> {
    return (await this.sidecar.read(keys)).map(({ key, value, etag }) => ({
      key,
      etag,
      document: value as Document | undefined,
    }));
  }

  /** Commits what was decided on a loaded document: see Commits.commit. @throws Conflict, Unavailable */
  commit(kind: Kind, loaded: Loaded, next: Next, causes: readonly string[], told: readonly Told[]): Promise<void> {
    return this.commits.commit(kind, loaded, next, causes, told);
  }

  /** The number of a new record: its own, or the one others gave it. */
  numberFor(kind: Pick<Kind, 'name' | 'numberedBy'>, key: string | number): Promise<number> | number {
    return kind.numberedBy ? Number(key) : this.ids.next(kind.name);
  }

  private async createAt<S extends Identified>(
    kind: Aggregate<S>,
    command: Command,
    id: number,
    natural: string | number,
    decide: (id: number) => Decision<S>,
    first: Decision<S>,
  ): Promise<S> {
    const key = naturalKey(kind, natural);
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
          toldNow(decision),
          command,
        );
        return decision.state as S;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
      loaded = (await this.load([key]))[0] ?? loaded;
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

  private async changeAt<S extends Identified>(
    kind: Aggregate<S>,
    key: string,
    command: Command,
    before: Claim | undefined,
    decide: Decide<S>,
  ): Promise<Outcome<S>> {
    let claim = before;
    for (let tries = 0; tries < TRIES; tries++) {
      const [loaded] = await this.load([key]);
      const document = loaded?.document;
      if (!loaded || !document) return { kind: 'missing' };
      if (wasChangedBy(document, command))
        return repeated(await this.idempotency.find(command)) ?? outcome('repeated', document.state as S | null);
      if (!document.state) return { kind: 'missing' };
      const decision = await decide(document.state as S);
      if (!decision) return this.idempotency.nothing(command, claim, document.state as S);
      if (command.fingerprint && !claim && !(await this.idempotency.claim(command, undefined))) {
        claim = await this.idempotency.find(command);
        if (claim?.answer) return outcome('repeated', claim.answer.state as S | null);
        continue;
      }
      try {
        const next = { id: document.id, state: decision.state };
        await this.commits.commit(kind, loaded, next, [causeOf(command)], toldNow(decision), command);
        return outcome('changed', decision.state);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        if (command.fingerprint) claim = await this.idempotency.find(command);
        if (claim?.answer) return outcome('repeated', claim.answer.state as S | null);
      }
    }
    throw new Unavailable(`${kind.name} is changed by too many at once`);
  }

  /** What became of the number claimed under a key; no id: the first try was given up and undone, this one starts afresh. */
  private async standing<S extends Identified>(
    kind: Aggregate<S>,
    claim: Claim,
    command: Command,
  ): Promise<{ id?: number; state?: S }> {
    const { id } = claim;
    if (id === undefined) return {};
    const key = await this.keyOf(kind, id);
    const document = key === undefined ? undefined : (await this.load([key]))[0]?.document;
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

  private async findOne<S extends Identified>(kind: Aggregate<S>, field: string, value: string): Promise<S[]> {
    if (kind.numberedBy === field)
      return /^[1-9]\d{0,15}$/.test(value) ? present(await this.rows.byId(kind, [Number(value)])) : [];
    const at = kind.keyedBy === field ? naturalKey(kind, value) : await this.pointedAt(uniqueKey(kind, field, value));
    if (at === undefined) return [];
    const states = (await this.load([at])).flatMap(({ document }) => (document?.state ? [document.state as S] : []));
    // A pointer may lead to a record that has another value by now; what a record's key is never changes.
    return kind.keyedBy === field ? states : states.filter((state) => hasValue(state, field, value));
  }

  /** The key of the document of a record, by its public number. */
  private async keyOf(kind: Kind, id: number): Promise<string | undefined> {
    return kind.keyedBy ? this.pointedAt(idKey(kind, id)) : idKey(kind, id);
  }

  private async pointedAt(key: string): Promise<string | undefined> {
    return pointedAt((await this.sidecar.read([key]))[0]?.value);
  }
}

const present = <S>(rows: readonly Row<S>[]): S[] =>
  rows.flatMap((row) => (typeof row === 'object' ? [row.state] : []));

const tooMany = (): Unavailable => new Unavailable('the Idempotency-Key is in use by too many requests at once');
