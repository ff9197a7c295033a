import { z } from 'zod';
import { text } from '../../kit/domain/index.ts';

/** Schemas for records of many fields, most of which a client may leave out. */

/** A text of at most so many characters. */
export const upTo = (length: number) => text.max(length, `must be at most ${length} characters`);

const LONG = '(0[13578]|1[02])(0[1-9]|[12]\\d|3[01])';
const SHORT = '(0[469]|11)(0[1-9]|[12]\\d|30)';
const LEAP = '(\\d\\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)0229';
const DAY = new RegExp(`^(|\\d{4}(${LONG}|${SHORT}|02(0[1-9]|1\\d|2[0-8]))|${LEAP})$`);

/** A day, yyyyMMdd, or nothing. A day there is in the calendar: not the 31st of February. */
export const day = text.regex(DAY, 'must be a day as yyyyMMdd');

export const productCode = text.regex(/^P\d{8}$/, 'must be P and 8 digits');
export const customerNumber = text.regex(/^\d{9}$/, 'must be 9 digits');

/** Money, to the hundredth; numeric strings are accepted. Bounded by what survives JSON and every store unchanged. */
export const amount = z.preprocess(
  (value) => (typeof value === 'string' && /^-?\d{1,15}(\.\d{1,2})?$/.test(value) ? Number(value) : value),
  z
    .number({ error: 'must be an amount, as a number or a string of digits' })
    .min(0, 'must be 0 or more')
    .max(999_999_999_999.99, 'must be at most 999999999999.99')
    .refine((value) => Number(value.toFixed(2)) === value, 'must have at most two decimals')
    .meta({ multipleOf: 0.01 }),
);

export type Fields = Readonly<Record<string, z.ZodType>>;
/** A record of these fields as it is stored and published: every field is there, null where nobody sent one. */
export type Whole<F extends Fields> = { [K in keyof F]: z.output<F[K]> | null };

const each = <F extends Fields>(fields: F, by: (field: z.ZodType) => z.ZodType): z.ZodObject =>
  z.object(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, by(field)])));

/** A field that the service sets. What a client sends for it is ignored. */
const ours = z.unknown();

/** What clients send: each field may be missing or null, but for those required. */
export type BodySchema<F extends Fields, R extends Fields> = z.ZodObject<
  { [K in Exclude<keyof F, keyof R>]: z.ZodExactOptional<z.ZodNullable<F[K]>> } & R
>;

/**
 * Schema of what clients send.
 * @param required fields that cannot be left out
 * @param owned fields that the service sets
 */
export const bodyOf = <F extends Fields, R extends Fields = Record<never, never>>(
  fields: F,
  required?: R,
  owned: readonly string[] = [],
) =>
  each(fields, (field) => field.nullable().exactOptional())
    .extend(required ?? {})
    .extend(Object.fromEntries(owned.map((name) => [name, ours.optional()]))) as unknown as BodySchema<F, R>;

type Full<F extends Fields, A extends Fields> = Whole<F> & { [K in keyof A]: z.output<A[K]> };

const fullOf = (fields: Fields, always: Fields): z.ZodObject =>
  each(fields, (field) => field.nullable()).extend(always);

/** Schema of what services send each other: fields that may be null, and those that never are. */
export const full = <F extends Fields, A extends Fields>(fields: F, always: A) =>
  fullOf(fields, always) as unknown as z.ZodType<Full<F, A>>;

/** Schema of an event, likewise. The kit puts in `timestamp`, the second it was published. */
export const eventFields = <F extends Fields, A extends Fields = Record<never, never>>(fields: F, always?: A) =>
  fullOf(fields, { ...always, timestamp: text.optional() }) as unknown as z.ZodType<
    Full<F, A> & { timestamp?: string | undefined }
  >;

/** The fields out of `from`, null where there is none. */
export const whole = <F extends Fields>(fields: F, from: object): Whole<F> =>
  Object.fromEntries(
    Object.keys(fields).map((name) => [name, (from as Record<string, unknown>)[name] ?? null]),
  ) as Whole<F>;

/** The fields that a client sent. */
export const said = <F extends Fields>(fields: F, from: object): Partial<Whole<F>> =>
  Object.fromEntries(Object.entries(from).filter(([name, value]) => name in fields && value !== undefined)) as Partial<
    Whole<F>
  >;
