import { randomBytes } from 'node:crypto';
import { CREATE, type Publication, type Sidecar, type StateWrite } from '../dapr/sidecar.ts';
import type { Aggregate, Decision, DomainEvent, Identified } from '../domain/aggregate.ts';
import { RuleViolation } from '../domain/aggregate.ts';
import { CalleeUnavailable, Unavailable } from '../errors.ts';
import { type Trace, trace } from '../telemetry/telemetry.ts';
import type { Ids } from './ids.ts';
import { keyPart, Lists } from './secondary-index.ts';
import { turns } from './turns.ts';
import {
  type Change,
  Conflict,
  type Document,
  knows,
  marked,
  REMEMBERED_CAUSES,
  type UnitOfWork,
} from './unit-of-work.ts';

/** Who asks for a change: its id makes a repetition recognisable. */
export interface Command {
  /** Idempotency-Key of the client, or a number of the request itself. */
  readonly cause: string;
  /** Set when the client sent an Idempotency-Key: what it asked for, so that the key is not used for two things. */
  readonly fingerprint?: string;
}

/** Part of a collection: the records whose numbers lie in this page's range. */
export interface Page<S> {
  readonly items: S[];
  readonly number: number;
  readonly size: number;
  /** Number of the next page that has a record, if there is one. */
  readonly next: number | undefined;
}

/** A document with the etag under which it was read; no document: there is none under the key. */
export interface Loaded {
  readonly key: string;
  readonly etag: string | undefined;
  readonly document: Document | undefined;
}

const TRIES = 30;
const CHUNK = 250;
const PEEK = 3;
const DAY_SECONDS = 86_400;

/**
 * The records of one service: reading, and changing one record by a pure decision.
 * Every change is one unit of work: the record and the events it causes, or neither.
 */
export class Records {
  private readonly lists: Lists;
  private readonly inTurn = turns<string>();

  constructor(
    private readonly sidecar: Sidecar,
    readonly work: UnitOfWork,
    readonly ids: Ids,
  ) {
    this.lists = new Lists(sidecar);
  }

  /** The record with this number. */
  async get<S extends Identified>(kind: Aggregate<S>, id: number): Promise<S | undefined> {
    return (await this.getMany(kind, [id]))[0];
  }

  /** The record whose `keyedBy` or `uniqueBy` field has this value, or all whose `listBy` field has it. */
  async findBy<S extends Identified>(kind: Aggregate<S>, field: string, value: string): Promise<S[]> {
    const byKey = kind.keyedBy === field ? present<S>(await this.load([naturalKey(kind, value)])) : [];
    if (kind.listBy?.some((by) => by === field)) {
      const ids = await this.lists.of(kind.name, field, value);
      return [
        ...byKey,
        ...(await this.getMany(kind, ids)).filter((state) => String(state[field as keyof S]) === value),
      ];
    }
    if (kind.keyedBy === field) return byKey;
    if (kind.numberedBy === field) return this.getMany(kind, [Number(value)]);
    const [pointer] = await this.sidecar.read([uniqueKey(kind, field, value)]);
    const at = (pointer?.value as { at: string } | undefined)?.at;
    return at ? present<S>(await this.load([at])) : [];
  }

  /** One page of the collection, by number; costs as much with 100,000 records as with 10. */
  async list<S extends Identified>(
    kind: Aggregate<S>,
    page: { number: number; size: number; descending: boolean },
  ): Promise<Page<S>> {
    const { number, size, descending } = page;
    const last = descending ? ((await this.newest(kind, 1)).at(-1)?.id ?? 0) : (await this.ids.end(kind.name)) - 1;
    const from = (first: number, count: number): number[] => {
      const offsets = Array.from({ length: Math.max(0, Math.min(count, last - first)) }, (_, i) => first + i);
      return offsets.map((offset) => (descending ? last - offset : offset + 1));
    };
    // A few of the next page are read along: mostly they answer whether there is one.
    const found = await this.getMany(kind, from(number * size, size + PEEK));
    const [edge] = from((number + 1) * size, 1);
    const beyond = ({ id }: S): boolean => edge !== undefined && (descending ? id <= edge : id >= edge);
    const items = found.filter((state) => !beyond(state));
    let next = found.some(beyond) ? number + 1 : undefined;
    for (let n = number + 1; n * size < last && next === undefined; n++) {
      if ((await this.getMany(kind, from(n * size, size))).length > 0) next = n;
    }
    return { items, number, size, next };
  }

  /** The records with the highest numbers, in ascending order: as many as there are, or a little more than `count`. */
  async newest<S extends Identified>(kind: Aggregate<S>, count: number): Promise<S[]> {
    const end = await this.ids.end(kind.name);
    let found: S[] = [];
    // Numbers are reserved in blocks, so the highest in use is a little below the end: looked for in growing steps.
    for (let to = end, step = 16; to > 1 && found.length < count; to -= step, step = Math.min(step * 4, CHUNK)) {
      const first = Math.max(1, to - step);
      found = [
        ...(await this.getMany(
          kind,
          Array.from({ length: to - first }, (_, i) => first + i),
        )),
        ...found,
      ];
    }
    return found;
  }

  /**
   * Creates a record. Repeating the same command, or creating a second one with the same natural key, answers the first.
   * @param key value of the `keyedBy` field, where the kind has one
   * @throws RuleViolation when the record was cancelled before it came into being
   */
  async create<S extends Identified>(
    kind: Aggregate<S>,
    command: Command,
    decide: (id: number) => Decision<S>,
    options: { key?: string | number; id?: number } = {},
  ): Promise<S> {
    const id = options.id ?? (await this.claimId(kind, command));
    const key = options.key === undefined ? idKey(kind, id) : naturalKey(kind, options.key);
    // Nearly always there is nothing under the key, so writing comes first and reading only after a conflict.
    let loaded: Loaded = { key, etag: undefined, document: undefined };
    for (let tries = 0; tries < TRIES; tries++) {
      const existing = loaded.document;
      if (existing?.state) return existing.state as S;
      if (existing) throw new RuleViolation(`${kind.name} was cancelled before it was made`, 409);
      const decision = decide(id);
      try {
        await this.commit(kind, loaded, { id, state: decision.state }, [command.cause], toldNow(decision));
        return decision.state as S;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
      loaded = (await this.load([key]))[0]!;
    }
    throw new Unavailable(`${kind.name} is changed by too many at once`);
  }

  /**
   * Changes the record with this number (or, with `by: 'key'`, this natural key).
   * Commands on one record take turns within a process; against others the etag decides.
   * @param decide undefined: nothing to do. It may read other records (never change any): what it reads is read after
   *   this record and before it is written, and read again if this record changed meanwhile.
   * @returns the new state; undefined where there is no such record (or no more)
   */
  async change<S extends Identified>(
    kind: Aggregate<S>,
    id: number | string,
    command: Command,
    decide: (state: S) => Decision<S> | undefined | Promise<Decision<S> | undefined>,
    by: 'id' | 'key' = 'id',
  ): Promise<{ state: S | null } | undefined> {
    const key = by === 'key' ? naturalKey(kind, id) : await this.keyOf(kind, Number(id));
    return key === undefined ? undefined : this.inTurn(key, () => this.changeNow(kind, key, command, decide));
  }

  private async changeNow<S extends Identified>(
    kind: Aggregate<S>,
    key: string,
    command: Command,
    decide: (state: S) => Decision<S> | undefined | Promise<Decision<S> | undefined>,
  ): Promise<{ state: S | null } | undefined> {
    for (let tries = 0; tries < TRIES; tries++) {
      const [loaded] = await this.load([key]);
      const document = loaded!.document;
      if (!document) return undefined;
      if (knows(document, command.cause)) return { state: document.state as S | null };
      if (!document.state) return undefined;
      const decision = await decide(document.state as S);
      if (!decision) return { state: document.state as S };
      try {
        await this.commit(
          kind,
          loaded!,
          { id: document.id, state: decision.state },
          [command.cause],
          toldNow(decision),
        );
        return { state: decision.state };
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
    throw new Unavailable(`${key} is changed by too many at once`);
  }

  /**
   * Promises, durably, that `id` will be ended with these events unless it is created: for work that another service
   * does on its behalf before it exists. See UnitOfWork.intend.
   * @param key value of the `keyedBy` field, where the kind has one
   */
  async intend<S extends Identified>(
    kind: Aggregate<S>,
    id: number,
    otherwise: Decision<S>,
    key: string | number = id,
  ): Promise<{ keep(): void; abandon(): Promise<void> }> {
    const at = naturalKey(kind, key);
    const change = this.changeOf(
      kind,
      { key: at, etag: undefined, document: undefined },
      { id, state: otherwise.state },
      [`abandon-${at}`],
      toldNow(otherwise),
    );
    return this.work.intend(change);
  }

  /**
   * Creates a record for which another service has to do its part first (a payment): no record without the part, and
   * nothing is left of the part without the record, whoever dies when. See docs/decisions/0007-intent.md.
   * @param steps for the number the record will have: `key`, its natural key, where the kind has one; `otherwise`, what
   *   is told if nothing comes of it, on which the other service undoes its part; `ask`, the call, idempotent by number
   *   or key, false where the part was undone already; `decide`, the record
   * @throws RuleViolation (409) when an earlier try under the same Idempotency-Key was undone; CalleeUnavailable, Unavailable
   */
  async createAfter<S extends Identified>(
    kind: Aggregate<S>,
    command: Command,
    steps: (id: number) => Promise<{
      key?: string | number;
      otherwise: Decision<S>;
      ask(): Promise<boolean>;
      decide(id: number): Decision<S>;
    }>,
  ): Promise<S> {
    // What was undone while this try went on starts afresh once, with a number of its own.
    for (let tries = 0; tries < 2; tries++) {
      const id = await this.claimId(kind, command);
      const done = command.fingerprint ? await this.get(kind, id) : undefined;
      if (done) return done;
      const { key = id, otherwise, ask, decide } = await steps(id);
      const promise = await this.intend(kind, id, otherwise, key);
      try {
        if (await ask()) {
          const made = await this.create(kind, command, decide, { id, key });
          promise.keep();
          return made;
        }
      } catch (error) {
        if (error instanceof CalleeUnavailable && !error.reached) promise.keep();
        else await promise.abandon();
        throw error;
      }
      await promise.abandon();
    }
    throw new RuleViolation(
      'it was undone while it was being made; send it again, with a new Idempotency-Key if it had one',
      409,
    );
  }

  /** Reads documents by key. */
  async load(keys: readonly string[]): Promise<Loaded[]> {
    return (await this.sidecar.read(keys)).map(({ key, value, etag }) => ({
      key,
      etag,
      document: value as Document | undefined,
    }));
  }

  /**
   * Commits what was decided on a loaded document.
   * @param next.id the record's number (0: it does not exist yet, and events wait for it)
   * @param told the events, each with the trace it belongs to
   * @throws Conflict
   */
  async commit<S extends Identified>(
    kind: Aggregate<S>,
    loaded: Loaded,
    next: { id: number; state: S | null; waiting?: readonly unknown[] },
    causes: readonly string[],
    told: readonly { event: DomainEvent; trace: Trace }[],
  ): Promise<void> {
    if (next.state && next.id !== loaded.document?.id) {
      const { state } = next;
      const isKey = (field: string): boolean =>
        field === kind.keyedBy && loaded.key === naturalKey(kind, String(state[field as keyof S]));
      await this.lists.add(kind, state, isKey);
    }
    await this.work.commit(this.changeOf(kind, loaded, next, causes, told));
  }

  private changeOf<S extends Identified>(
    kind: Aggregate<S>,
    { key, etag, document: before }: Loaded,
    { id, state, waiting }: { id: number; state: S | null; waiting?: readonly unknown[] },
    causes: readonly string[],
    told: readonly { event: DomainEvent; trace: Trace }[],
  ): Change {
    const mark = randomBytes(6).toString('base64url');
    const remembered = [...(before?.causes ?? []), ...causes.map((cause) => marked(cause, mark))];
    const document: Document = {
      id,
      state,
      version: (before?.version ?? 0) + 1,
      causes: remembered.slice(-REMEMBERED_CAUSES),
      ...(waiting?.length ? { waiting } : {}),
    };
    const publications = told.map(({ event, trace }, index) =>
      this.publication(key, document.version, index, event, trace),
    );
    return {
      key,
      etag,
      document,
      pointers: pointersOf(kind, key, before, document),
      cause: remembered.at(-1)!,
      publications,
    };
  }

  /** The CloudEvent of a domain event: its id is the same whoever publishes it, and whenever. */
  private publication(
    key: string,
    version: number,
    index: number,
    event: DomainEvent,
    { traceparent }: Trace,
  ): Publication {
    return {
      partitionKey: key.replace(/^\D+-/, ''),
      cloudEvent: {
        specversion: '1.0',
        id: `${this.sidecar.appId}/${key}/${version}.${index}`,
        source: this.sidecar.appId,
        type: event.type,
        subject: key,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        traceparent,
        traceid: traceparent, // without it the sidecar overwrites traceparent
        aggregateversion: version * 1_000 + index, // ascending for each event of the document
        data: { eventType: event.type, timestamp: localTimestamp(new Date()), ...(event.data as object) },
      },
    };
  }

  /** The key of the document of a record, by its public number. */
  private async keyOf(kind: Aggregate<never>, id: number): Promise<string | undefined> {
    if (!kind.keyedBy) return idKey(kind, id);
    const [pointer] = await this.sidecar.read([idKey(kind, id)]);
    return (pointer?.value as { at: string } | undefined)?.at;
  }

  private async getMany<S extends Identified>(kind: Aggregate<S>, ids: readonly number[]): Promise<S[]> {
    let found = ids.map((id) => ({ id, key: idKey(kind, id) }));
    if (kind.keyedBy) {
      const pointers = await this.sidecar.read(found.map(({ key }) => key));
      found = pointers.flatMap(({ value }, index) =>
        value ? [{ id: ids[index]!, key: (value as { at: string }).at }] : [],
      );
    }
    const loaded = await this.load(found.map(({ key }) => key));
    // A pointer may be left by a transaction that was rejected: a record is found by its own number only.
    return loaded.flatMap(({ document }, index) => {
      const state = document?.state as S | null | undefined;
      return state && state.id === found[index]!.id ? [state] : [];
    });
  }

  /**
   * The number for a new record. With an Idempotency-Key, it is claimed under the key first, so a repetition meets the same record.
   * @param least no number below this one, see Ids.next
   */
  async claimId(kind: Aggregate<never>, { cause, fingerprint }: Command, least = 1): Promise<number> {
    if (!fingerprint) return this.ids.next(kind.name, least);
    const key = `idempotency-${cause}`;
    for (let tries = 0; tries < TRIES; tries++) {
      const [stored] = await this.sidecar.read([key]);
      const claim = stored?.value as { fingerprint: string; id: number } | undefined;
      if (claim && claim.fingerprint !== fingerprint)
        throw new RuleViolation('this Idempotency-Key was used for another request; use a new one');
      if (claim) {
        const at = await this.keyOf(kind, claim.id);
        const document = at ? (await this.load([at]))[0]!.document : undefined;
        // The first try was given up and undone: this one starts afresh under the same key.
        if (!document || document.state || knows(document, cause)) return claim.id;
      }
      const id = await this.ids.next(kind.name, least);
      const write: StateWrite = {
        key,
        value: { fingerprint, id },
        etag: stored?.etag ?? CREATE,
        ttlInSeconds: DAY_SECONDS,
      };
      if (await this.sidecar.wrote([write])) return id;
    }
    throw new Unavailable('the Idempotency-Key is in use by too many requests at once');
  }
}

const present = <S>(loaded: readonly Loaded[]): S[] =>
  loaded.flatMap(({ document }) => (document?.state ? [document.state as S] : []));

const toldNow = (decision: Decision<unknown>): { event: DomainEvent; trace: Trace }[] =>
  decision.events.map((event) => ({ event, trace: trace() }));

const idKey = (kind: Pick<Aggregate<never>, 'name'>, id: number): string => `${kind.name}-${id}`;
const uniqueKey = (kind: Pick<Aggregate<never>, 'name'>, field: string, value: string): string =>
  `${kind.name}-with-${field}-${keyPart(value)}`;

/** The key of the document of a record, by its natural key or, where the kind has none, its number. */
export const naturalKey = (kind: Pick<Aggregate<never>, 'name' | 'keyedBy'>, key: string | number): string =>
  kind.keyedBy ? `${kind.name}-of-${keyPart(key)}` : `${kind.name}-${key}`;

/** Small documents that lead to a record; written with it, they may lead to nothing but never miss it. */
export function pointersOf<S extends Identified>(
  kind: Aggregate<S>,
  key: string,
  before: Document | undefined,
  after: Document,
): StateWrite[] {
  const isNew = after.id > 0 && !before?.id;
  const pointers: StateWrite[] = kind.keyedBy && isNew ? [{ key: idKey(kind, after.id), value: { at: key } }] : [];
  for (const field of kind.uniqueBy ?? []) {
    const value = fieldOf(after, field);
    if (value !== undefined && value !== fieldOf(before, field))
      pointers.push({ key: uniqueKey(kind, field, String(value)), value: { at: key } });
  }
  return pointers;
}

const fieldOf = (document: Document | undefined, field: string): unknown =>
  (document?.state as Record<string, unknown> | null | undefined)?.[field] ?? undefined;

/** yyyyMMddHHmmss in local time, as the contracts' envelope has it. */
function localTimestamp(now: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${date}${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
