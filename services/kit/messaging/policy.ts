import type { Aggregate, Decision, EventType, Identified } from '../domain/aggregate.ts';

/** An event as it came from the broker. */
export interface Received<T = unknown> {
  readonly id: string;
  readonly type: string;
  readonly data: T;
  /** Which document of its service told it, and the how-manieth change of that document it was. */
  readonly subject: string;
  readonly version: number;
  readonly traceparent: string | undefined;
  /** When it was told, in UTC (ISO 8601), by the clock of whoever told it. */
  readonly time?: string | undefined;
}

/** What a policy wants done with one record. */
export interface Reaction {
  readonly kind: Aggregate<never>;
  readonly key: string | number;
  readonly mode: 'create' | 'change' | 'cancel' | 'project';
  decide(state: never, id: number): Decision<never> | undefined;
  /** Work of another service that has to be done before (idempotent by the same key); failing, the event comes again. */
  before?(): Promise<unknown>;
}

/** A policy of the contract: whenever this happened, do that. */
export interface Policy {
  readonly event: EventType<never>;
  react(received: Received<never>): Reaction | readonly Reaction[] | Promise<readonly Reaction[]>;
}

/**
 * Whenever this happened, do that: `whenever(PaymentCanceled, (payment) => cancel(Delivery, payment.classId, cancelDelivery))`.
 * Applied exactly once in effect for each event, however often the broker brings it.
 */
export const whenever = <T>(
  event: EventType<T>,
  react: (data: T, received: Received<T>) => Reaction | readonly Reaction[] | Promise<readonly Reaction[]>,
): Policy => ({ event: event as unknown as EventType<never>, react: (received) => react(received.data, received) });

/** Makes the record with this natural key, unless it exists. `before`: a call that must succeed first, see Reaction. */
export const create = <S extends Identified>(
  kind: Aggregate<S>,
  key: string | number,
  decide: (id: number) => Decision<S>,
  before?: () => Promise<unknown>,
): Reaction =>
  ({ kind, key, mode: 'create', decide: (_: unknown, id: number) => decide(id), before }) as unknown as Reaction;

/** Changes the record; if it is not there yet the event comes again, if it is gone nothing happens. `decide` may answer undefined: nothing to do. */
export const change = <S extends Identified>(
  kind: Aggregate<S>,
  key: string | number,
  decide: (state: S) => Decision<S> | undefined,
): Reaction => ({ kind, key, mode: 'change', decide }) as unknown as Reaction;

/** Like change; if the event overtook the record's creation it waits in the record's place and is applied right after it. */
export const cancel = <S extends Identified>(
  kind: Aggregate<S>,
  key: string | number,
  decide: (state: S) => Decision<S> | undefined,
): Reaction => ({ kind, key, mode: 'cancel', decide }) as unknown as Reaction;

/** The document of a view row: the latest event of each type it was told, and the fields by which it can be found. */
export interface Facts extends Identified {
  readonly facts: Readonly<Record<string, { readonly version: number; readonly data: unknown }>>;
}

/** An event a view follows, and which row it belongs to. */
export interface Source<T> {
  readonly event: EventType<T>;
  keyOf(data: T, received: Received<T>): string | number | undefined;
}

/** Pairs an event with the row it belongs to (undefined: none). */
export const from = <T>(event: EventType<T>, keyOf: Source<T>['keyOf']): Source<T> => ({
  event,
  keyOf,
});

/** A read model: rows that follow the events of many services. */
export interface View<R> {
  readonly kind: Aggregate<Facts>;
  readonly policies: readonly Policy[];
  row(state: Facts): R | undefined;
}

/**
 * Declares a read model (CQRS projection). Its document keeps, of every type of event, the latest by the version of
 * whoever told it, and the row is a pure function of these facts: the same events give the same row in whatever order
 * and however often they come (a join-semilattice, Shapiro et al. 2011).
 * @param options.keyedBy the field of a row that is its key
 * @param options.numberedBy instead: the field of a row that is its number, given by another service
 * @param options.uniqueBy further fields of a row by which it is found
 * @param options.listBy fields that many rows share, by which they are found: known from the first event of a row on
 * @param options.from the events a row follows, under their names
 * @param options.row the row as clients see it; undefined while it should not be seen
 */
export function view<R extends Identified, F extends object>(
  name: string,
  options: {
    readonly keyedBy?: string;
    readonly numberedBy?: string;
    readonly uniqueBy?: readonly string[];
    readonly listBy?: readonly string[];
    readonly from: { readonly [K in keyof F]: Source<F[K]> };
    row(id: number, facts: { readonly [K in keyof F]?: F[K] | undefined }): R | undefined;
  },
): View<R> {
  const { keyedBy, numberedBy, uniqueBy = [], listBy = [] } = options;
  const kind: Aggregate<Facts> = { name, ...({ keyedBy, numberedBy, uniqueBy, listBy } as object) };
  const rowOf = ({ id, facts }: Pick<Facts, 'id' | 'facts'>): R | undefined =>
    options.row(id, Object.fromEntries(Object.entries(facts).map(([type, fact]) => [type, fact.data])) as never);
  const policies = (Object.values(options.from) as Source<never>[]).map(
    ({ event, keyOf }): Policy => ({
      event,
      react: (received) => {
        const { type, data, version } = received;
        const key = keyOf(data, received);
        const decide = (state: Facts | null, id: number): Decision<Facts> | undefined => {
          const known = state?.facts[type];
          if (known && known.version >= version) return undefined;
          const facts = { ...state?.facts, [type]: { version, data } };
          const row = rowOf({ id, facts });
          const found = Object.fromEntries([...uniqueBy, ...listBy].map((field) => [field, row?.[field as keyof R]]));
          return { state: { id, facts, ...found }, events: [] };
        };
        return key === undefined ? [] : ({ kind, key, mode: 'project', decide } as unknown as Reaction);
      },
    }),
  );
  return { kind, policies, row: rowOf };
}
