import { z } from 'zod';

/** A JSON schema of the draft that OpenAPI 3.1 uses (2020-12); those of events are of draft 7, which AsyncAPI 3 uses, too. */
export type Schema = z.core.JSONSchema.JSONSchema;

/** The JSON schema of what a zod schema takes (`input`) or makes (`output`). */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // What a later version answers in addition is no breach of this document.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      const { def } = zodSchema._zod;
      if (io === 'input' && def.type === 'pipe' && takesDigits(jsonSchema.type)) {
        const { type, minimum, maximum, ...rest } = jsonSchema;
        const digits = digitsOf(type === 'integer', minimum, maximum);
        for (const key of ['type', 'minimum', 'maximum'] as const) delete jsonSchema[key];
        const number = {
          type,
          ...(minimum === undefined ? {} : { minimum }),
          ...(maximum === undefined ? {} : { maximum }),
        };
        Object.assign(jsonSchema, rest, { anyOf: [number, { type: 'string', pattern: digits }] });
      }
    },
  });
  return json;
}

/** A pattern of digits that say a number between these; where the highest has other digits than 9, one fewer. */
function digitsOf(isWhole: boolean, minimum = -Infinity, maximum = Infinity): string {
  const highest = String(Math.floor(Math.min(maximum, 999_999_999_999_999)));
  const count = /^9+$/.test(highest) ? highest.length : highest.length - 1;
  const whole = minimum >= 1 ? `[1-9]\\d{0,${count - 1}}` : `\\d{1,${count}}`;
  return `^${minimum < 0 ? '-?' : ''}${whole}${isWhole ? '' : '(\\.\\d{1,2})?'}$`;
}

/** Numbers may be sent as strings of digits, as the contracts' clients do. */
const takesDigits = (type: unknown): boolean => type === 'integer' || type === 'number';
