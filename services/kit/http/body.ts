import express, { type Request, type RequestHandler } from 'express';
import type { z } from 'zod';
import { InvalidInput } from '../errors.ts';
import { readJson } from './json.ts';
import { Problem } from './problem.ts';

const LIMIT = '256kb';
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Says what is sent is JSON in UTF-8, the one charset JSON has (RFC 8259, 8.1). */
const typed: RequestHandler = (request, _, next) => {
  const type = request.headers['content-type'] ?? '';
  const hasBody =
    request.headers['content-length'] !== '0' &&
    (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined);
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(type)?.[1];
  if (hasBody && !/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type))
    throw new Problem(415, 'Unsupported Media Type', 'Send JSON, with the header content-type: application/json.');
  if (hasBody && charset !== undefined && charset.toLowerCase() !== 'utf-8')
    throw new Problem(
      415,
      'Unsupported Media Type',
      'Send JSON in UTF-8, with the header content-type: application/json.',
    );
  next();
};

/** Reads JSON objects, and nothing else, up to 256 kB; what cannot be meant or kept as it was sent is 400. */
export const jsonBody: RequestHandler[] = [
  typed,
  express.raw({ limit: LIMIT, type: () => true }),
  (request, _, next) => {
    request.body = objectIn(request.body);
    next();
  },
];

function objectIn(bytes: unknown): object {
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) throw new Problem(400, 'Bad Request', 'Send a JSON object.');
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new Problem(400, 'Bad Request', 'The body is not UTF-8; send JSON in UTF-8.');
  }
  let value: unknown;
  try {
    value = readJson(text);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new Problem(400, 'Bad Request', 'The body is not JSON; send a JSON object.');
    throw error;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Problem(400, 'Bad Request', 'Send a JSON object.');
  return value;
}

/**
 * Input of a client, checked; the one place where zod's refusal is the client's.
 * @throws InvalidInput
 */
export function checked<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new InvalidInput(
    result.error.issues.flatMap((issue) =>
      (issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.') || 'body']).map((field) => ({
        field,
        message: issue.code === 'unrecognized_keys' ? 'is not a field of this resource; leave it out' : issue.message,
      })),
    ),
  );
}

/** Makes a schema of a schema, once for each: zod compiles every new one when it is used for the first time. */
function madeOnce(make: (schema: z.ZodObject) => z.ZodObject): (schema: z.ZodObject) => z.ZodObject {
  const made = new WeakMap<z.ZodObject, z.ZodObject>();
  return (schema) => {
    const known = made.get(schema) ?? make(schema);
    made.set(schema, known);
    return known;
  };
}

const strictly = madeOnce((schema) => (schema.def.catchall ? schema.strip() : schema.strict()));
const partOf = madeOnce((schema) => schema.partial());

/**
 * The body of a request, checked; what clients read from us (`id`, `_links`) may come back and is ignored. Fields the schema
 * does not have are refused; of a `.loose()` schema (a contract that takes whatever is sent) they are left out.
 * @throws InvalidInput
 */
export function parseBody<S extends z.ZodObject>(schema: S, request: Request): z.output<S> {
  const { _links, id, ...rest } = request.body as Record<string, unknown>;
  return checked(strictly(schema), 'id' in schema.shape ? { ...rest, id } : rest) as z.output<S>;
}

/**
 * The body of a PATCH, which is a part of the whole. Fields that were not sent are left out, also those for which the
 * schema has a default: the default would replace what the record has.
 * @throws InvalidInput
 */
export function parsePatch<S extends z.ZodObject>(schema: S, request: Request): Partial<z.output<S>> {
  const sent = request.body as object;
  const part = parseBody(partOf(schema), request);
  return Object.fromEntries(Object.entries(part).filter(([name]) => Object.hasOwn(sent, name))) as Partial<z.output<S>>;
}

/**
 * The query of a request, checked. A parameter that is given twice, or is not UTF-8, is refused.
 * @throws InvalidInput
 */
export function parseQuery<S extends z.ZodType>(schema: S, request: Request): z.output<S> {
  return checked(schema, queryOf(request));
}

/** The parameters of a request. @throws InvalidInput for what no value can be taken from */
export function queryOf(request: Request): Readonly<Record<string, string>> {
  const at = request.originalUrl.indexOf('?');
  const query = at < 0 ? '' : request.originalUrl.slice(at + 1);
  const found = new Map<string, string>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const [name, value] = equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
    const field = decoded(name, 'query');
    if (found.has(field)) throw new InvalidInput([{ field, message: 'is given twice; give it once' }]);
    found.set(field, decoded(value, field));
  }
  return Object.fromEntries(found);
}

function decoded(text: string, field: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new InvalidInput([{ field, message: 'has a % that does not stand for a character' }]);
  }
}
