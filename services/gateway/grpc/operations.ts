import { type Message, pascal, type Schema, type Shape, Shapes } from './shape.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema: Schema;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Described {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

/** The OpenAPI document of a system, as far as it is read here. */
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** How the JSON of an answer becomes the message: the record itself, the rows of a collection, a list or any JSON under one field. */
export type Wrapping = 'none' | 'rows' | 'items' | 'json';

/** A method of gRPC, and the request of HTTP that it stands for. */
export interface Operation {
  /** Of the service in the .proto: one for each microservice that has public routes. */
  readonly service: string;
  readonly name: string;
  readonly summary: string;
  readonly method: string;
  /** With `{id}`. */
  readonly path: string;
  readonly inPath: readonly string[];
  readonly inQuery: readonly string[];
  readonly request: Message;
  readonly answer: Message;
  readonly wrapping: Wrapping;
}

/** Where a collection's page stands; `next` is the number of the next page, where there is one. */
export const PAGE: Message = {
  kind: 'message',
  name: 'Page',
  fields: new Map<string, Shape>([
    ['number', { kind: 'whole' }],
    ['size', { kind: 'whole' }],
    ['next', { kind: 'whole' }],
  ]),
};

const message = (name: string, fields: readonly (readonly [string, Shape])[]): Message => ({
  kind: 'message',
  name,
  fields: new Map(fields),
});

const schemaIn = ({ content }: Content): Schema | undefined => content?.['application/json']?.schema;

function answerOf(described: Described, name: string, shapes: Shapes): Pick<Operation, 'answer' | 'wrapping'> {
  const [, success = {}] = Object.entries(described.responses).find(([status]) => /^2/.test(status)) ?? [];
  const schema = schemaIn(success);
  if (!schema) return { answer: message(name, []), wrapping: 'none' };
  if (schema.allOf?.[0]?.$ref?.endsWith('/Collection')) {
    const [rows] = Object.entries(schema.allOf[1]?.properties?._embedded?.properties ?? {});
    if (!rows) throw new Error(`The collection of ${described.operationId} does not say what is in it.`);
    return {
      answer: message(name, [
        [rows[0], shapes.of(rows[1], name)],
        ['page', PAGE],
      ]),
      wrapping: 'rows',
    };
  }
  const shape = shapes.of(schema, name);
  if (shape.kind === 'message') return { answer: shape, wrapping: 'none' };
  const field = shape.kind === 'list' ? 'items' : 'json';
  // A list's own message is the answer's, so its rows need a name of their own.
  const inner = shape.kind === 'list' ? shapes.of(schema, `${name}Item`) : shape;
  return { answer: message(name, [[field, inner]]), wrapping: field };
}

/** The methods of a system, in the order of its document: the document is what they are made of. */
export function operationsOf({ paths, components }: Document): Operation[] {
  const asked = new Shapes(components.schemas, true);
  const answered = new Shapes(components.schemas, false);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => {
      const name = pascal(described.operationId);
      const named = (where: string) => described.parameters.filter((parameter) => parameter.in === where);
      const [inPath, inQuery] = [named('path'), named('query')];
      const body = described.requestBody && schemaIn(described.requestBody);
      return {
        service: `${pascal(described.tags[0] ?? '')}Service`,
        name,
        summary: described.summary,
        method: method.toUpperCase(),
        path,
        inPath: inPath.map((parameter) => parameter.name),
        inQuery: inQuery.map((parameter) => parameter.name),
        request: message(`${name}Request`, [
          ...[...inPath, ...inQuery].map((one) => [one.name, textual(asked.of(one.schema, name))] as const),
          ...(body ? [['body', asked.of(body, `${name}Body`)] as const] : []),
        ]),
        ...answerOf(described, `${name}Answer`, answered),
      };
    }),
  );
}

/** A parameter of an address is a number or text. */
const textual = (shape: Shape): Shape => (shape.kind === 'whole' ? shape : { kind: 'text' });
