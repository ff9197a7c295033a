import { z } from 'zod';

/** Decimal digits, perhaps with a minus, and nothing around them: no blank, plus, exponent or hexadecimal. */
const DIGITS = /^-?\d+$/;

const numeric = (value: unknown): unknown => (typeof value === 'string' && DIGITS.test(value) ? Number(value) : value);
const whole = z.int({
  error: 'must be a whole number, or a string of digits, between -9007199254740991 and 9007199254740991',
});

/**
 * A whole number. Numeric texts are accepted, too (docs/contracts/README.md#numbers).
 * Bounded by what survives JSON and every store unchanged.
 */
export const integer = z.preprocess(numeric, whole);

/** A whole number from 1 on, as the numbers of records are. */
export const positive = z.preprocess(numeric, whole.min(1, 'must be 1 or more'));

/** A whole number from 0 on, as counts are. */
export const nonNegative = z.preprocess(numeric, whole.min(0, 'must be 0 or more'));

/** A text; at most 1,000 characters, so that a record stays small. */
export const text = z.string({ error: 'must be a text' }).max(1000, 'must be at most 1,000 characters');

/** A text that says something. */
export const name = text.trim().min(1, 'must not be empty').meta({ pattern: '\\S' });

/**
 * What stands as text where only texts can stand: in a ConfigMap, in a query. The value is the number the text says, in
 * plain decimal digits; a blank, `0x10`, `1e1`, `+5` or ` 5` says none.
 */
const numberIn = (pattern: RegExp, kind: string, { min, max }: { min: number; max: number }) => {
  const message = `must be ${kind} from ${min} to ${max}, in decimal digits`;
  return z
    .string({ error: message })
    .regex(pattern, message)
    .transform(Number)
    .pipe(z.number({ error: message }).min(min, message).max(max, message));
};

/** Text that is a whole number from `min` to `max`. */
export const wholeNumber = (range: { min: number; max: number }) =>
  numberIn(/^(0|-?[1-9]\d{0,15})$/, 'a whole number', range);

/** Text that is a number from `min` to `max`, perhaps with decimals. */
export const decimal = (range: { min: number; max: number }) =>
  numberIn(/^-?(0|[1-9]\d{0,15})(\.\d{1,9})?$/, 'a number', range);

/** Text that is a time in milliseconds, at most ten minutes. */
export const milliseconds = wholeNumber({ min: 0, max: 600_000 });

/**
 * A key of the ConfigMap, with what operators read of it; helm/madang/config/<system>.yaml derives from it. A service does
 * not start without its keys: the value stands in the ConfigMap, not in the service.
 * @param value what it is where nobody says otherwise, as text
 * @param about sentences for operators: what it does, and its unit
 */
export const configKey = <T extends z.ZodType>(schema: T, value: string, about: string): T =>
  schema.meta({ default: value, description: about });

/** Where another service is: its app id, since the sidecar finds the way. */
export const appId = z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be an app id');
