/** What a value is in a message: text for strings, `json` for what has no fixed shape and travels as JSON in a string. */
export type Shape = Scalar | Message | List;

export interface Scalar {
  readonly kind: 'text' | 'whole' | 'decimal' | 'truth' | 'json';
}

export interface Message {
  readonly kind: 'message';
  readonly name: string;
  readonly fields: ReadonlyMap<string, Shape>;
}

export interface List {
  readonly kind: 'list';
  readonly of: Shape;
}

/** A JSON schema, as far as the documents use it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** `class.classes.body` and `getClassesId` as names of messages and methods have it. */
export const pascal = (name: string): string =>
  name.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, first: string) => first.toUpperCase());

const SCALARS: Readonly<Record<string, Scalar['kind']>> = {
  string: 'text',
  integer: 'whole',
  number: 'decimal',
  boolean: 'truth',
};

/** Links are addresses of HTTP, and what is ignored need not be sent. */
const isLeftOut = (name: string, { description }: Schema): boolean => name === '_links' || description === 'Ignored.';

/** Makes shapes of the schemas of one document. */
export class Shapes {
  /**
   * @param isClosed what the schema does not name is ignored, as services do with bodies; else it makes the value JSON,
   * so that nothing of an answer is lost
   */
  constructor(
    private readonly schemas: Readonly<Record<string, Schema>>,
    private readonly isClosed: boolean,
  ) {}

  /** @param name of the message, where it has none of its own */
  of(schema: Schema, name: string): Shape {
    if (schema.$ref) return this.referred(schema.$ref);
    // A resource, and the links beside it.
    if (schema.allOf?.[0]) return this.of(schema.allOf[0], name);
    if (schema.anyOf) return this.oneOf(schema.anyOf, name);
    const [type, ...others] = [schema.type ?? []].flat().filter((one) => one !== 'null');
    if (type === undefined || others.length > 0) return { kind: 'json' };
    const scalar = SCALARS[type];
    if (scalar) return { kind: scalar };
    return type === 'array' ? this.list(schema.items ?? {}, name) : this.object(schema, name);
  }

  private referred(ref: string): Shape {
    const key = ref.slice(ref.lastIndexOf('/') + 1);
    const schema = this.schemas[key];
    if (!schema) throw new Error(`The document has no schema ${ref}.`);
    return this.of(schema, pascal(key));
  }

  /** A number may come as digits, anything may be null: neither makes it another kind of value. */
  private oneOf(schemas: readonly Schema[], name: string): Shape {
    const shapes = schemas.filter(({ type }) => type !== 'null').map((schema) => this.of(schema, name));
    const kinds = new Set(shapes.map(({ kind }) => kind));
    const number = shapes.find(({ kind }) => kind === 'whole' || kind === 'decimal');
    if (number && kinds.size === 2 && kinds.has('text')) return number;
    const [first = { kind: 'json' } as const] = shapes;
    return shapes.length === 1 || (kinds.size === 1 && first.kind === 'text') ? first : { kind: 'json' };
  }

  private list(items: Schema, name: string): Shape {
    const of = this.of(items, name);
    return of.kind === 'list' ? { kind: 'json' } : { kind: 'list', of };
  }

  private object({ properties = {}, additionalProperties }: Schema, name: string): Shape {
    const isOpen = !this.isClosed && additionalProperties !== undefined && additionalProperties !== false;
    const kept = Object.entries(properties).filter(([key, schema]) => !isLeftOut(key, schema));
    if (isOpen || kept.length === 0) return { kind: 'json' };
    return {
      kind: 'message',
      name,
      fields: new Map(kept.map(([key, schema]) => [key, this.of(schema, name + pascal(key))])),
    };
  }
}
