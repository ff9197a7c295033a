/** What a JSON schema says, flat: one shape for each path. */

/** A JSON schema, as far as it is looked at here. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly [keyword: string]: unknown;
}

export interface Shape {
  /** JSON types, `any` where nothing is said. */
  readonly types: readonly string[];
  readonly required?: true;
  /** The only values there are. */
  readonly values?: readonly unknown[];
  /** Bounds, by type and keyword: `string.maxLength`. */
  readonly limits?: Readonly<Record<string, number | string>>;
}

/** Shapes by path: `fee`, `page.number`, `_embedded.classes[].id`. */
export type Shapes = Readonly<Record<string, Shape>>;

const BOUNDS = ['minimum', 'maximum', 'minLength', 'maxLength', 'pattern'] as const;

/** The schema that a reference of a document leads to. */
const at = (document: unknown, ref: string): Schema =>
  ref
    .slice(2)
    .split('/')
    .reduce<unknown>((found, name) => (found as Record<string, unknown>)[name], document) as Schema;

/** One schema that says what several say together. */
function both(first: Schema, second: Schema): Schema {
  const properties: Record<string, Schema> = { ...first.properties };
  for (const [name, one] of Object.entries(second.properties ?? {}))
    properties[name] = properties[name] ? { allOf: [properties[name], one] } : one;
  const required = [...(first.required ?? []), ...(second.required ?? [])];
  return { ...first, ...second, properties, required };
}

/** Without reference and allOf. */
function plain(schema: Schema, document: unknown): Schema {
  if (schema.$ref) return plain(at(document, schema.$ref), document);
  const { allOf, ...own } = schema;
  return allOf ? [own, ...allOf.map((one) => plain(one, document))].reduce(both) : own;
}

/** What is allowed, each without anyOf. */
function alternatives(schema: Schema, document: unknown): Schema[] {
  const { anyOf, oneOf, ...own } = plain(schema, document);
  const some = anyOf ?? oneOf;
  return some ? some.flatMap((one) => alternatives({ allOf: [own, one] }, document)) : [own];
}

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Number.isInteger(value) ? 'integer' : Array.isArray(value) ? 'array' : typeof value;

function valuesOf({ const: literal, enum: values }: Schema): readonly unknown[] | undefined {
  return literal === undefined ? values : [literal];
}

const typesOf = (schema: Schema): string[] =>
  [
    schema.type ?? valuesOf(schema)?.map(typeOf) ?? (Object.keys(schema.properties ?? {}).length ? 'object' : 'any'),
  ].flat();

const unique = <T>(all: readonly T[]): T[] => [...new Set(all)];

function shapeOf(all: readonly Schema[], isRequired: boolean): Shape {
  const values = all.map((one) => (one.type === 'null' ? [null] : valuesOf(one)));
  const limits = all.flatMap((one) =>
    BOUNDS.filter((bound) => one[bound] !== undefined && Math.abs(Number(one[bound])) !== Number.MAX_SAFE_INTEGER).map(
      (bound): [string, number | string] => [`${typesOf(one).join()}.${bound}`, one[bound] as number | string],
    ),
  );
  return {
    types: unique(all.flatMap(typesOf)).sort(),
    ...(isRequired ? { required: true } : {}),
    ...(values.every((some) => some !== undefined) ? { values: unique(values.flat()) } : {}),
    ...(limits.length > 0 ? { limits: Object.fromEntries(limits) } : {}),
  };
}

/**
 * The shapes of a schema and of all that is in it.
 * @param document what its references lead into
 * @param path of the whole
 */
export function shapesOf(schema: Schema, document: unknown, path = '', isRequired = true): Record<string, Shape> {
  const all = alternatives(schema, document);
  const found: Record<string, Shape> = path === '' ? {} : { [path]: shapeOf(all, isRequired) };
  const inside = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const name of unique(all.flatMap(({ properties = {} }) => Object.keys(properties)))) {
    const having = all.flatMap(({ properties }): Schema[] => (properties?.[name] ? [properties[name]] : []));
    const isAlways = all.every(({ required = [] }) => required.includes(name));
    Object.assign(
      found,
      shapesOf(having.length === 1 ? having[0]! : { anyOf: having }, document, inside(name), isAlways),
    );
  }
  const items = all.flatMap((one): Schema[] => (one.items ? [one.items] : []));
  if (items.length > 0) Object.assign(found, shapesOf({ anyOf: items }, document, `${path}[]`));
  return found;
}
