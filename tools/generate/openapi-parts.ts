import { z } from 'zod';
import type { AnswerShape, Route } from '../../services/kit/index.ts';
import type { Schema } from './schemas.ts';

type Json = Record<string, unknown>;

const LINK: Schema = { type: 'object', properties: { href: { type: 'string', format: 'uri' } }, required: ['href'] };
const TEXT: Schema = { type: 'string' };

/** Schemas that every system has. */
export const STATIC: Record<string, Schema> = {
  Linked: {
    type: 'object',
    properties: {
      _links: { type: 'object', additionalProperties: LINK, properties: { self: LINK }, required: ['self'] },
    },
    required: ['_links'],
  },
  Collection: {
    type: 'object',
    description: 'HAL. Links lead on where the answer is a page; plain lists have no page.',
    properties: {
      _embedded: { type: 'object' },
      _links: {
        type: 'object',
        properties: { self: LINK, first: LINK, prev: LINK, next: LINK },
        required: ['self'],
      },
      page: {
        type: 'object',
        properties: { number: { type: 'integer', minimum: 0 }, size: { type: 'integer', minimum: 1 } },
        required: ['number', 'size'],
      },
    },
    required: ['_embedded', '_links'],
  },
  Problem: {
    type: 'object',
    description: 'RFC 9457.',
    properties: {
      type: { type: 'string', format: 'uri-reference' },
      title: TEXT,
      status: { type: 'integer', minimum: 400, maximum: 599 },
      detail: TEXT,
      errors: {
        type: 'array',
        items: { type: 'object', properties: { field: TEXT, message: TEXT }, required: ['field', 'message'] },
      },
      outcome: { const: 'unknown', description: 'Whether it was done is not known.' },
      requestId: TEXT,
      correlationId: TEXT,
    },
    required: ['type', 'title', 'status', 'detail'],
  },
};

const RETRY_AFTER = { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } } };

const problem = (description: string, headers?: Json): Json => ({
  description,
  ...(headers ? { headers } : {}),
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

/** Responses that are problems, by status. */
export const PROBLEMS: Record<string, Json> = {
  400: problem('The request is not what it has to be; `errors` names the fields.'),
  404: problem('There is no such record.'),
  409: problem('It contradicts what was done before.'),
  412: problem('The record is not in the state that If-Match names.'),
  413: problem('The body is larger than 256 kB.'),
  415: problem('The body is not JSON in UTF-8.'),
  422: problem('A business rule refuses it, or the Idempotency-Key belongs to another request.'),
  429: problem('This client has sent all that it may for now; by default there is no such limit.', {
    ...RETRY_AFTER,
    RateLimit: { description: 'What is left: draft-ietf-httpapi-ratelimit-headers.', schema: TEXT },
    'RateLimit-Policy': { description: 'What may be sent: draft-ietf-httpapi-ratelimit-headers.', schema: TEXT },
  }),
  500: problem('Something failed on our side.'),
  503: problem('What it needs is away, or slow; try again later.', RETRY_AFTER),
  default: problem('Any other refusal.'),
};

/** What is asked for where a gateway has an authorization server. */
const TOKEN: Json = {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description:
    'An access token (RFC 9068) of the authorization server, where the entrance has one; else nothing is asked for. Each operation names the roles of which one is needed.',
};

/** Of `./run up --auth`; the gateway says those of its own authorization server instead. */
const PROVIDER = 'http://127.0.0.1:8002';
const TOKEN_URL = { tokenUrl: `${PROVIDER}/token` };

/** What a token with scopes needs, all of them. The resource is that of the answer, or else the first part of the path. */
const scopesOf = ({ method, path, spec: { scopes, answer } }: Route): readonly string[] =>
  scopes ?? [`${answer.hal?.names.path ?? path.split('/')[1]}:${method === 'get' ? 'read' : 'write'}`];

const meaning = (scope: string): string => {
  const [resource, verb] = scope.split(':');
  return verb === 'read' ? `See ${resource}.` : `Make and change ${resource}.`;
};

/** What a client may ask for: a token with the roles of who signs in, or scopes. */
export function securitySchemes(routes: readonly Route[]): Json {
  const scopes = Object.fromEntries([...new Set(routes.flatMap(scopesOf))].sort().map((one) => [one, meaning(one)]));
  return {
    token: TOKEN,
    oauth2: {
      type: 'oauth2',
      description:
        "Scopes permit programs (client credentials) what they name. A token of a person needs the person's role in any case; if it names scopes, it is held to them, too.",
      flows: {
        authorizationCode: { authorizationUrl: `${PROVIDER}/auth`, ...TOKEN_URL, scopes },
        clientCredentials: { ...TOKEN_URL, scopes },
      },
    },
  };
}

/**
 * Who may do it: roles, of which one is needed, or scopes, of which all are, and `x-access`: for each role, whether all
 * of it, or what is the caller's own.
 */
export const security = (route: Route): Json => {
  const { access = {} } = route.spec;
  const roles = [...Object.keys(access), 'operator'].map((role) => ({ token: role === 'everyone' ? [] : [role] }));
  return { security: [{}, ...roles, { oauth2: scopesOf(route) }], 'x-access': access };
};

/** Headers of an answer. */
export const responseHeaders = ({ status, hal }: AnswerShape): Json => ({
  ...(hal?.of === 'item' ? { ETag: { description: 'Of the record as it is shown.', schema: TEXT } } : {}),
  ...(status === 201
    ? { Location: { description: 'Where the record is.', schema: { type: 'string', format: 'uri' } } }
    : {}),
});

const header = (name: string, description: string, schema: Schema = TEXT): Json => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
});

const query = (name: string, required: boolean, schema: Schema): Json => ({ name, in: 'query', required, schema });

/** A value that is sought: digits where the answer has a number. */
function soughtBy({ schema }: AnswerShape, name: string): Schema {
  const shown = schema instanceof z.ZodObject ? (schema.shape[name] as z.ZodType | undefined) : undefined;
  const isNumber = typeof shown?.safeParse('1').data === 'number';
  return { type: 'string', minLength: 1, ...(isNumber ? { pattern: '^-?\\d{1,15}$' } : {}) };
}

/** What an operation takes beside its body. */
export function parameters({ method, path, spec }: Route): Json[] {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const isChange = method === 'put' || method === 'patch' || method === 'delete';
  return [
    ...names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: name === 'id' ? { type: 'integer', minimum: 1, maximum: 999_999_999_999_999 } : TEXT,
    })),
    ...(spec.query ?? []).map((name) => query(name, true, soughtBy(spec.answer, name))),
    ...(spec.paged
      ? [
          query('page', false, { type: 'integer', minimum: 0, maximum: 1e12 }),
          query('size', false, { type: 'integer', minimum: 1, maximum: 200 }),
          query('sort', false, { enum: ['id', 'id,asc', 'id,desc'], default: 'id,asc' }),
        ]
      : []),
    ...(method === 'get'
      ? []
      : [
          header('Idempotency-Key', 'Repetitions with the same key have one effect, for a day.', {
            type: 'string',
            minLength: 1,
            maxLength: 128,
          }),
        ]),
    ...(isChange ? [header('If-Match', 'ETag of the state that is to be changed.')] : []),
    ...(method === 'get' && spec.answer.hal?.of === 'item'
      ? [header('If-None-Match', 'ETag of the state that the client has.')]
      : []),
  ];
}
