/** The parts of JSON Schema that our documents use. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly description?: string;
}

export type Schemas = Readonly<Record<string, Schema>>;

/** A field that a person may fill in, or that an event has. */
export interface Field {
  readonly name: string;
  readonly required: boolean;
  /** What it may hold: `a whole number from 1`. */
  readonly words: string;
  readonly about: string;
  /** All that it may be, where that is little. */
  readonly choices: readonly string[];
  /** Whether a number is sent as one. */
  readonly isNumber: boolean;
}

/** Longer patterns say nothing to a person. */
const READABLE = 30;
/** Beyond these a bound is that of numbers as such. */
const BOUND = 999_999_999_999;

/** A schema without references. */
export function resolved(schema: Schema, schemas: Schemas): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : resolved(schemas[name] ?? {}, schemas);
}

/** The fields of an object, those that have to be there first. What says nothing of itself, or is ignored, is left out. */
export function fieldsOf(schema: Schema, schemas: Schemas): Field[] {
  const { properties = {}, required = [], allOf = [] } = resolved(schema, schemas);
  const own = Object.entries(properties).flatMap(([name, one]) =>
    isSaid(one) ? [fieldOf(name, one, required.includes(name))] : [],
  );
  const all = [...allOf.flatMap((part) => fieldsOf(part, schemas)), ...own];
  return all.sort((a, b) => Number(b.required) - Number(a.required));
}

const isSaid = ({ description, ...rest }: Schema): boolean =>
  description !== 'Ignored.' && Object.keys(rest).length > 0;

/** What a field may hold, in words. */
export function fieldOf(name: string, schema: Schema, required: boolean): Field {
  const ways = alternatives(schema);
  const one = ways.find(({ type }) => type === 'integer' || type === 'number') ?? ways[0] ?? {};
  const fixed = (one.enum ?? (one.const === undefined ? [] : [one.const])).map(String).filter((text) => text !== '');
  return {
    name,
    required,
    words: fixed.length > 0 ? fixed.join(' or ') : wordsOf(one),
    about: schema.description ?? '',
    choices: fixed,
    isNumber: one.type === 'integer' || one.type === 'number',
  };
}

/** All that a schema allows but null. */
const alternatives = (schema: Schema): Schema[] =>
  schema.anyOf ? schema.anyOf.filter(({ type }) => type !== 'null').flatMap(alternatives) : [schema];

function wordsOf({ type, minimum, maximum, minLength, maxLength, pattern }: Schema): string {
  if (type === 'integer' || type === 'number') {
    const bounds = [
      minimum !== undefined && Math.abs(minimum) < BOUND ? `from ${minimum}` : '',
      maximum !== undefined && Math.abs(maximum) < BOUND ? `to ${maximum}` : '',
    ];
    return [type === 'integer' ? 'a whole number' : 'a number', ...bounds].filter(Boolean).join(' ');
  }
  if (type === 'boolean') return 'true or false';
  if (type === 'array') return 'a list';
  if (type === 'object') return 'an object';
  const length = [
    minLength !== undefined && minLength > 1 ? `at least ${minLength}` : '',
    maxLength ? `at most ${maxLength.toLocaleString('en-GB')}` : '',
  ].filter(Boolean);
  const form = pattern && pattern !== '\\S' && pattern.length <= READABLE ? ` like ${pattern}` : '';
  return `text${form}${length.length > 0 ? `, ${length.join(' and ')} characters` : ''}`;
}
