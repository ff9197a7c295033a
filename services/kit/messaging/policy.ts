import type { Aggregate, Decision, EventType, Identified } from '../domain/aggregate.ts';
import { continueTrace, type Trace } from '../telemetry/telemetry.ts';

/** An event as it came from the broker. */
export interface Received<T = unknown> {
  readonly id: string;
  readonly type: string;
  readonly data: T;
  /** Which document of its service published it, and the how-manieth change of that document it was. */
  readonly subject: string;
  readonly version: number;
  readonly traceparent: string | undefined;
  /** When it was published, in UTC (ISO 8601), by the clock of whoever published it. */
  readonly time?: string | undefined;
}

/** The trace under which an event is acted on: what comes of it has the event as its cause. */
export const traceOf = ({ traceparent, id }: Pick<Received, 'traceparent' | 'id'>): Trace =>
  continueTrace(traceparent, id);

/** What a policy wants done with one record. */
export interface Reaction {
  readonly kind: Aggregate<never>;
  readonly key: string | number;
  readonly mode: 'create' | 'change' | 'cancel' | 'createOrChange' | 'project';
  decide(state: never, id: number): Decision<never> | undefined;
  /** Work of another service that has to be done before (idempotent by the same key); failing, the event is deferred. */
  before?(): Promise<unknown>;
}

/** A policy of the contract: whenever this happened, do that. */
export interface Policy {
  readonly event: EventType<never>;
  react(received: Received<never>): Reaction | readonly Reaction[] | Promise<readonly Reaction[]>;
}

/**
 * Whenever this happened, do that: `whenever(PaymentCanceled, (payment) => cancel(Delivery, payment.classId, cancelDelivery))`.
 * Each reaction is applied exactly once in effect for each event, however often the broker brings it.
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

/** Changes the record; if it is not there yet the event is deferred, if it is gone nothing happens. `decide` may answer undefined: nothing to do. */
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

/**
 * Makes the record or, where it exists, changes it: whichever event of a record comes first makes it.
 * If it is gone nothing happens. Either decision may answer undefined: nothing to do.
 */
export const createOrChange = <S extends Identified>(
  kind: Aggregate<S>,
  key: string | number,
  createIt: (id: number) => Decision<S> | undefined,
  changeIt: (state: S) => Decision<S> | undefined,
): Reaction =>
  ({
    kind,
    key,
    mode: 'createOrChange',
    decide: (state: S | undefined, id: number) => (state ? changeIt(state) : createIt(id)),
  }) as unknown as Reaction;
