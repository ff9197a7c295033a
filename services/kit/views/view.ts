import type { Aggregate, Decision, EventSchema, Identified } from '../domain/aggregate.ts';
import { type Policy, type Received, reaction } from '../messaging/policy.ts';

/** The latest event of one type that a row was given, with what orders it among others of the type. */
export interface Fact {
  readonly version: number;
  readonly data: unknown;
  /** Absent in facts of earlier versions of the kit: these stand below all others of the same version. */
  readonly subject?: string;
  readonly id?: string;
}

/** The document of a view row: the latest event of each type it was given, and the fields by which it can be found. */
export interface Facts extends Identified {
  readonly facts: Readonly<Record<string, Fact>>;
  readonly [field: string]: unknown;
}

/** An event a view follows, and which row it belongs to. */
export interface Source<T> {
  readonly event: EventSchema<T>;
  keyOf(received: Received): string | number | undefined;
}

/** Pairs an event with the row it belongs to (undefined: none). */
export const from = <T>(
  event: EventSchema<T>,
  keyOf: (data: T, received: Received<T>) => string | number | undefined,
): Source<T> => ({ event, keyOf: (received) => keyOf(received.data as T, received as Received<T>) });

/** A read model: rows that follow the events of many services. */
export interface View<R> {
  readonly kind: Aggregate<Facts>;
  readonly policies: readonly Policy[];
  row(state: Facts): R | undefined;
}

/**
 * Declares a read model (CQRS projection). Its document keeps the latest event of each type, and the row is a pure
 * function of these facts. "Latest" is a total order (version, then subject, then event id), so the same events give the
 * same row in whatever order and however often they come, also when several documents publish one type for one row (a
 * join-semilattice, Shapiro et al. 2011).
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
  const { from: sources, row: rowFrom, uniqueBy = [], listBy = [], ...by } = options;
  const made = (id: number, facts: Facts['facts']): R | undefined =>
    rowFrom(id, Object.fromEntries(Object.entries(facts).map(([type, fact]) => [type, fact.data])) as Partial<F>);
  // Whether a row is shown is asked before the row: it is made once for both.
  const rows = new WeakMap<Facts['facts'], R | undefined>();
  const rowOf = ({ id, facts }: Facts): R | undefined => {
    if (!rows.has(facts)) rows.set(facts, made(id, facts));
    return rows.get(facts);
  };
  const kind: Aggregate<Facts> = { name, ...by, uniqueBy, listBy, isShown: (facts) => rowOf(facts) !== undefined };
  const policies = Object.values<Source<unknown>>(sources).map(
    ({ event, keyOf }): Policy => ({
      event,
      react: (received) => {
        const { type, data, version, subject, id: by } = received;
        const key = keyOf(received);
        const fact: Fact = { version, data, subject, id: by };
        const decide = (state: Facts | null, id: number): Decision<Facts> | undefined => {
          const known = state?.facts[type];
          if (known && order(known, fact) >= 0) return undefined;
          const facts = { ...state?.facts, [type]: fact };
          const row = made(id, facts);
          const found = Object.fromEntries([...uniqueBy, ...listBy].map((field) => [field, row?.[field as keyof R]]));
          return { state: { ...found, id, facts }, events: [] };
        };
        return key === undefined ? [] : reaction('project', kind, key, decide);
      },
    }),
  );
  return { kind, policies, row: rowOf };
}

/** Below 0: `a` comes before `b`. By code units, which is the same on every machine. */
function order(a: Fact, b: Fact): number {
  if (a.version !== b.version) return a.version - b.version;
  for (const field of ['subject', 'id'] as const) {
    const [left, right] = [a[field] ?? '', b[field] ?? ''];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
