import { z } from 'zod';
import { jsonSchema, type Schema } from './schemas.ts';

/** What people of the stories would say, by the names of fields. */
const SPOKEN: Readonly<Record<string, unknown>> = {
  student: 'john-doe',
  teacher: 'hong-gil-dong',
  name: 'korean',
  textBook: 'kor_book',
  fee: 10_000,
  timestamp: '20261121120000',
  consumer: 'lecture-pay',
  reason: 'fee must be a whole number',
};
/** Texts of forms that schemas ask for: days, codes, numbers of customers, and any text. */
const TEXTS = ['20261121', 'P00000001', '123456789', '1', 'text', ''];

/** Values of a JSON schema, the likeliest first; the schema itself decides which of them it takes. */
function candidates(field: string, schema: Schema): unknown[] {
  const { type, enum: values = [], anyOf = [], minimum } = schema;
  if (schema.const !== undefined) return [schema.const];
  if (values.length > 0) return [...values];
  if (anyOf.length > 0) return anyOf.flatMap((one) => candidates(field, one as Schema));
  const spoken = field in SPOKEN ? [SPOKEN[field]] : [];
  if (type === 'object') return [objectOf(schema)];
  if (type === 'array') return [[candidates('', (schema.items ?? {}) as Schema)[0]]];
  if (type === 'boolean') return [true];
  if (type === 'integer' || type === 'number') return [...spoken, 1, minimum ?? 0];
  return type === 'null' ? [null] : [...spoken, ...TEXTS];
}

const objectOf = ({ properties = {} }: Schema): object =>
  Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, candidates(name, one as Schema)[0]]));

/**
 * An example of what a schema describes: every field is there.
 * @throws one sentence that names the field for which no value is known
 */
export function exampleOf(about: string, schema: z.ZodType): Record<string, unknown> {
  if (!(schema instanceof z.ZodObject)) throw new Error(`${about} is no object.`);
  const found: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.shape as Record<string, z.ZodType>)) {
    const value = candidates(name, jsonSchema(field, 'output')).find((one) => field.safeParse(one).success);
    if (value === undefined) throw new Error(`No example of ${about}.${name} is known; add one to examples.ts.`);
    found[name] = value;
  }
  return schema.parse(found) as Record<string, unknown>;
}
