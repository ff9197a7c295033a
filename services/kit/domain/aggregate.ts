import type { z } from 'zod';

/** Something that happened, as the domain sees it: its name and its flat fields. */
export interface DomainEvent<T = unknown> {
  readonly type: string;
  readonly data: T;
}

/** A kind of event as its consumers see it: they may rely on every field of the schema. */
export interface EventSchema<T> {
  readonly type: string;
  readonly schema: z.ZodType<T>;
}

/** A kind of event as its producer sees it: call it to make an event. */
export interface EventType<T> extends EventSchema<T> {
  (data: T): DomainEvent<T>;
}

/**
 * Declares a kind of event.
 * @param type the name of the event in the contract of its system (docs/contracts), which is also the CloudEvent type
 * @param schema its fields; fields a producer adds later are ignored by consumers that do not know them
 */
export function event<T>(type: string, schema: z.ZodType<T>): EventType<T> {
  const make = (data: T): DomainEvent<T> => ({ type, data: schema.parse(data) });
  return Object.assign(make, { type, schema });
}

/** What a command or policy decided: the new state (null: the record is gone) and the events to publish. */
export interface Decision<S> {
  readonly state: S | null;
  readonly events: readonly DomainEvent[];
}

/** A business rule says no. Outside: 422 (or the given status); between services: an outcome, never an error. */
export class RuleViolation extends Error {
  override readonly name = 'RuleViolation';
  constructor(
    message: string,
    readonly status: 404 | 409 | 422 = 422,
  ) {
    super(message);
  }
}

/** The record has this state now. These events are published. */
export const decided = <S>(state: S, ...events: DomainEvent[]): Decision<S> => ({ state, events });

/** The record is gone. These events are published. */
export const ended = (...events: DomainEvent[]): Decision<never> => ({ state: null, events });

/** Every state carries its public number. */
export interface Identified {
  readonly id: number;
}

/**
 * A kind of record with one document each (aggregate and document are the same thing here, see docs/decisions).
 * @property name part of every key; never changed once data exist
 * @property keyedBy what is unique among these records and known before they exist (the enrolment of a payment):
 *   creation becomes idempotent by it, and `search/findBy<Field>` finds the one
 * @property numberedBy instead: the field with the number another service gave (a copy of its record, a row about it);
 *   the record has that number, creation is idempotent by it, and `search/findBy<Field>` finds the one
 * @property uniqueBy further fields whose value names one record, for `search/findBy<Field>`
 * @property listBy fields whose value many records share, for `search/findBy<Field>`
 * @property isShown whether lists have this record; where it is not said, they have all. It may change with the record.
 */
export interface Aggregate<S extends Identified> {
  readonly name: string;
  readonly keyedBy?: keyof S & string;
  readonly numberedBy?: keyof S & string;
  readonly uniqueBy?: readonly (keyof S & string)[];
  readonly listBy?: readonly (keyof S & string)[];
  isShown?(state: S): boolean;
}

/** A kind of record, whatever is stored of it. */
export type Kind = Aggregate<never>;

/** Declares a kind of record. */
export const aggregate = <S extends Identified>(
  name: string,
  options: Omit<Aggregate<S>, 'name'> = {},
): Aggregate<S> => ({
  name,
  ...options,
});
