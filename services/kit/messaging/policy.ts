import type { Aggregate, Decision, EventSchema, Identified, Kind } from '../domain/aggregate.ts';
import { continueTrace, type Trace } from '../telemetry/telemetry.ts';

/** An event as it came from the broker. */
export interface Received<T = unknown> {
  readonly id: string;
  readonly type: string;
  readonly data: T;
  /** The document of its service that published it. */
  readonly subject: string;
  /** The number of the change of that document that published it. */
  readonly version: number;
  readonly traceparent: string | undefined;
  /** When it was published, in UTC (ISO 8601), by the clock of whoever published it. */
  readonly time?: string | undefined;
}

/** The trace under which an event is acted on: what comes of it has the event as its cause. */
export const traceOf = ({ traceparent, id }: Pick<Received, 'traceparent' | 'id'>): Trace =>
  continueTrace(traceparent, { causationId: id });

type Mode = 'create' | 'change' | 'cancel' | 'createOrChange' | 'project';

/** What a policy wants done with one record. */
export interface Reaction {
  readonly kind: Kind;
  /** Its natural key or, where the kind has none, its number. */
  readonly key: string | number;
  readonly mode: Mode;
  /** @param state what is stored under the key, or null; id: the number the record has or will have */
  decide(state: Identified | null, id: number): Decision<Identified> | undefined;
  /** Work of another service that has to be done before (idempotent by the same key); failing, the event is deferred. */
  before?(): Promise<unknown>;
}

/** A policy of the contract: whenever this happened, do that. */
export interface Policy {
  readonly event: EventSchema<unknown>;
  react(received: Received): Reaction | readonly Reaction[] | Promise<readonly Reaction[]>;
}

/**
 * Whenever this happened, do that: `whenever(PaymentCanceled, (payment) => cancel(Delivery, payment.classId, cancelDelivery))`.
 * Each reaction is applied exactly once in effect for each event, however often the broker brings it.
 */
export const whenever = <T>(
  event: EventSchema<T>,
  react: (data: T, received: Received<T>) => Reaction | readonly Reaction[] | Promise<readonly Reaction[]>,
): Policy => ({ event, react: (received) => react(received.data as T, received as Received<T>) });

/** A reaction to what is stored of one kind: under the keys of a kind there is nothing else. */
export const reaction = <S extends Identified>(
  mode: Mode,
  kind: Aggregate<S>,
  key: string | number,
  decide: (state: S | null, id: number) => Decision<S> | undefined,
): Reaction => ({ kind, key, mode, decide: (state, id) => decide(state as S | null, id) });

/** A change of what is there. */
const ofPresent =
  <S>(decide: (state: S) => Decision<S> | undefined) =>
  (state: S | null): Decision<S> | undefined =>
    state === null ? undefined : decide(state);

/** Makes the record with this natural key, unless it exists. `before`: a call that must succeed first, see Reaction. */
export const create = <S extends Identified>(
  kind: Aggregate<S>,
  key: string | number,
  decide: (id: number) => Decision<S>,
  before?: () => Promise<unknown>,
): Reaction => ({ ...reaction('create', kind, key, (_, id) => decide(id)), ...(before && { before }) });

/** Changes the record; if it is not there yet the event is deferred, if it is gone nothing happens. `decide` may answer undefined: nothing to do. */
export const change = <S extends Identified>(
  kind: Aggregate<S>,
  key: string | number,
  decide: (state: S) => Decision<S> | undefined,
): Reaction => reaction('change', kind, key, ofPresent(decide));

/** Like change; if the event overtook the record's creation it waits in the record's place and is applied right after it. */
export const cancel = <S extends Identified>(
  kind: Aggregate<S>,
  key: string | number,
  decide: (state: S) => Decision<S> | undefined,
): Reaction => reaction('cancel', kind, key, ofPresent(decide));

/**
 * Makes the record or, where it exists, changes it: whichever event of a record comes first makes it.
 * If it is gone nothing happens. Either decision may answer undefined: nothing to do.
 */
export const createOrChange = <S extends Identified>(
  kind: Aggregate<S>,
  key: string | number,
  createIt: (id: number) => Decision<S> | undefined,
  changeIt: (state: S) => Decision<S> | undefined,
): Reaction => reaction('createOrChange', kind, key, (state, id) => (state ? changeIt(state) : createIt(id)));
