import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** An OpenAPI document as a client reads it, and a judge of what it says. */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

interface Response {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

/** One thing that clients may ask for. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  readonly responses: Readonly<Record<string, Response>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Raw {
  readonly paths: Record<
    string,
    Record<string, Omit<Operation, 'method' | 'path' | 'body'> & { requestBody?: Response }>
  >;
}

/** What the entrance may say of any request, whatever it asks for. */
const OF_ANY_REQUEST = [404, 405, 408, 414, 417, 431];
const JSON_TYPE = /^application\/(problem\+)?json(; charset=utf-8)?$/;

/** The document of a system, from its entrance. */
export class Document {
  readonly operations: readonly Operation[];
  private readonly ajv = formats.default(
    new Ajv2020({ strict: false, validateSchema: false, multipleOfPrecision: 1, allErrors: false }),
  );
  private readonly judges = new Map<string, ValidateFunction>();

  constructor(private readonly raw: object) {
    this.ajv.addSchema(raw, 'document');
    this.operations = Object.entries((raw as Raw).paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { parameters, requestBody, responses }]) => ({
        method: method.toUpperCase(),
        path,
        parameters,
        body: requestBody?.content?.['application/json']?.schema,
        responses,
      })),
    );
  }

  static async of(gateway: string): Promise<Document> {
    const answer = await fetch(`${gateway}/openapi.json`);
    if (!answer.ok) throw new Error(`${gateway}/openapi.json answers ${answer.status}; does the system run?`);
    return new Document((await answer.json()) as object);
  }

  /** What a reference leads to. */
  at<T extends { readonly $ref?: string }>(part: T): T {
    if (!part.$ref) return part;
    const names = part.$ref.slice(2).split('/');
    return names.reduce<unknown>((found, name) => (found as Record<string, unknown>)[name], this.raw) as T;
  }

  /** Why a value is not what a schema says; undefined where it is. */
  against(schema: Schema, value: unknown): string | undefined {
    const judge = this.judgeOf(JSON.stringify(schema));
    return judge(value) ? undefined : said(judge.errors?.[0]);
  }

  private judgeOf(schema: string): ValidateFunction {
    const known = this.judges.get(schema);
    if (known) return known;
    const made = this.ajv.compile(JSON.parse(schema.replaceAll('"$ref":"#', '"$ref":"document#')) as object);
    this.judges.set(schema, made);
    return made;
  }

  /** What an answer has that the operation does not declare; undefined where all is declared. */
  undeclared({ responses }: Operation, { status, headers, text }: Answer): string | undefined {
    const own = responses[status];
    const response = own ?? (OF_ANY_REQUEST.includes(status) ? responses.default : undefined);
    if (!response) return `it answers ${status}, which is not declared`;
    if (status === 503 && !/^[1-9]\d*$/.test(headers.get('retry-after') ?? ''))
      return 'it answers 503 without Retry-After';
    const { content, headers: declared = {} } = this.at(response);
    for (const name of ['ETag', 'Location'])
      if (declared[name] && !headers.get(name)) return `its ${status} has no ${name}`;
    if (!content) return text === '' ? undefined : `its ${status} has a body`;
    const type = headers.get('content-type') ?? '';
    const schema = content[type.split(';')[0] ?? '']?.schema;
    if (!schema || !JSON_TYPE.test(type)) return `its ${status} is of the type ${type || '(none)'}`;
    const wrong = this.against(schema, parsed(text));
    return wrong && `its ${status}: ${wrong}`;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const said = (error: ErrorObject | undefined): string =>
  `${error?.instancePath || 'it'} ${error?.message ?? ''} ${JSON.stringify(error?.params ?? {})}`;
