import fc from 'fast-check';
import type { Document, Schema } from './document.ts';

/** Values that a schema allows, at its bounds as often as inside them. */

const SMALL = 30;
const LONGEST = 40;

function numbers({ type, minimum, maximum, multipleOf }: Schema): fc.Arbitrary<number> {
  const isWhole = type === 'integer';
  const lowest = Math.max(minimum ?? Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER);
  const highest = Math.min(maximum ?? Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  const [min, max] = [Math.ceil(lowest), Math.floor(highest)];
  const whole = fc.integer({ min, max });
  const few = fc.integer({ min: Math.max(min, 1), max: Math.max(min, Math.min(max, SMALL)) });
  const bounds = fc.constantFrom(isWhole ? min : lowest, isWhole ? max : highest);
  const parts =
    multipleOf && !isWhole ? [fc.integer({ min: 0, max: 1_000_000 }).map((n) => min + n / (1 / multipleOf))] : [];
  return fc.oneof(
    { arbitrary: few, weight: 4 },
    { arbitrary: whole, weight: 1 },
    { arbitrary: bounds, weight: 1 },
    ...parts,
  );
}

function texts({ pattern, minLength = 0, maxLength = 1_000 }: Schema): fc.Arbitrary<string> {
  const length = (text: string): number => [...text].length;
  const fits = (text: string): boolean =>
    length(text) >= minLength && length(text) <= maxLength && (!pattern || new RegExp(pattern, 'u').test(text));
  if (pattern && pattern !== '\\S') return fc.stringMatching(new RegExp(pattern, 'u')).filter(fits);
  const any = fc.string({ unit: 'binary', minLength, maxLength: Math.min(maxLength, LONGEST) });
  const plain = fc.string({ minLength, maxLength: Math.min(maxLength, LONGEST) });
  const bounds = fc.constantFrom('x'.repeat(Math.max(minLength, 1)), '가'.repeat(maxLength), 'x'.repeat(maxLength));
  return fc.oneof({ arbitrary: plain, weight: 3 }, any, bounds).filter(fits);
}

/** Values of a schema of the document. */
export function valid(document: Document, given: Schema): fc.Arbitrary<unknown> {
  const schema = document.at(given);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => valid(document, one)));
  const [type] = [schema.type].flat();
  if (type === 'integer' || type === 'number') return numbers({ ...schema, type });
  if (type === 'string') return texts(schema);
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  if (type === 'array') return fc.array(valid(document, schema.items ?? {}), { maxLength: 3 });
  if (type !== 'object') return fc.constantFrom<unknown>(7, 'x', {}, null, [true], { href: 'x' });
  const fields = Object.entries(schema.properties ?? {}).map(([name, one]) => [name, valid(document, one)]);
  return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: [...(schema.required ?? [])],
  });
}

const WRONG: readonly unknown[] = [{}, [], true, null, '', -1, 1.5, 1e21, '1e4', 'x'.repeat(1_001), '²', { $gt: 0 }];

/** Values that a schema does not allow, each near to one that it does. */
export function invalid(document: Document, given: Schema): fc.Arbitrary<unknown> {
  const schema = document.at(given);
  const names = Object.keys(schema.properties ?? {});
  const good = valid(document, given) as fc.Arbitrary<Record<string, unknown>>;
  const spoilt = fc
    .tuple(good, fc.constantFrom(...names, 'unknown'), fc.constantFrom(...WRONG), fc.boolean())
    .map(([value, name, wrong, isGone]) => {
      const { [name]: _, ...rest } = value;
      return isGone ? rest : { ...rest, [name]: wrong };
    })
    .filter((value) => document.against(given, value) !== undefined);
  const other = fc.constantFrom<unknown>([], 'text', 7, null);
  const canBeSpoilt = schema.additionalProperties === false || (schema.required ?? []).length > 0;
  return canBeSpoilt ? fc.oneof({ arbitrary: spoilt, weight: 5 }, other) : other;
}
