import type { z } from 'zod';
import type { AnswerShape, Route } from '../../services/kit/index.ts';
import { definitionsOf } from '../run/infrastructure/definitions.ts';
import { PROBLEMS, parameters, responseHeaders, STATIC, security, securitySchemes } from './openapi-parts.ts';
import { publicRoutesOf } from './public-routes.ts';
import { jsonSchema, type Schema } from './schemas.ts';

type Json = Record<string, unknown>;

/** Express writes `:id` where OpenAPI writes `{id}`. */
const templated = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

/** Schemas of one document, each under its name. */
class Named {
  readonly schemas: Record<string, Schema> = { ...STATIC };
  private readonly names = new Map<z.ZodType, string>();

  /** A reference to the schema, which is kept under this name, or the next that is free. */
  refer(name: string, zod: z.ZodType, make: () => Schema): Schema {
    let known = this.names.get(zod);
    if (!known) {
      known = name;
      for (let next = 2; this.schemas[known]; next++) known = `${name}${next}`;
      this.names.set(zod, known);
      this.schemas[known] = make();
    }
    return { $ref: `#/components/schemas/${known}` };
  }
}

/** The body a route takes: unknown fields are refused, and what clients have read from us may come back. */
function bodySchema(service: string, { spec, path }: Route, named: Named): Schema | undefined {
  const { body, part, message } = spec;
  const name = `${service}.${path.split('/')[1]}`;
  if (message) return named.refer(`${name}.message`, message, () => jsonSchema(message, 'input'));
  const resource = body ?? part;
  if (!resource) return undefined;
  const isWhole = body !== undefined;
  const taken = (): Schema => {
    const schema = jsonSchema(isWhole ? resource : resource.partial(), 'input');
    if (resource.def.catchall) return schema;
    const read = { id: { description: 'Ignored.' }, _links: { description: 'Ignored.' } };
    return { ...schema, properties: { ...read, ...schema.properties }, additionalProperties: false };
  };
  return isWhole ? named.refer(`${name}.body`, resource, taken) : taken();
}

/** What stands around a resource in answers, as HAL has it. */
function answered(service: string, { schema, hal }: AnswerShape, named: Named): Schema {
  if (!schema) return {};
  if (!hal) return jsonSchema(schema, 'output');
  const resource = named.refer(`${service}.${hal.names.item}`, schema, () => jsonSchema(schema, 'output'));
  const item: Schema = { allOf: [resource, { $ref: '#/components/schemas/Linked' }] };
  if (hal.of === 'item') return item;
  const { path } = hal.names;
  const embedded: Schema = { type: 'object', properties: { [path]: { type: 'array', items: item } }, required: [path] };
  return {
    allOf: [
      { $ref: '#/components/schemas/Collection' },
      { type: 'object', properties: { _embedded: embedded }, required: ['_embedded'] },
    ],
  };
}

/** Statuses of problems an operation may answer beside those that any request may get. */
function problemsOf({ method, path, spec }: Route): number[] {
  const isCommand = method !== 'get';
  const hasBody = spec.body ?? spec.part ?? spec.message;
  return [
    ...new Set([
      400,
      ...(path.includes(':id') ? [404] : []),
      ...(isCommand ? [409, 412, 422] : []),
      ...(hasBody ? [413, 415] : []),
      429,
      503,
      ...(spec.problems ?? []),
    ]),
  ].sort();
}

function operation(service: string, path: string, route: Route, named: Named): Json {
  const { method, spec } = route;
  const { answer } = spec;
  const body = bodySchema(service, route, named);
  const success =
    answer.status === 204
      ? { description: 'Done.' }
      : {
          description: answer.status === 201 ? 'It was made, or had been by the same command.' : 'The answer.',
          headers: responseHeaders(answer),
          content: { 'application/json': { schema: answered(service, answer, named) } },
        };
  const isRead = method === 'get' && answer.hal?.of === 'item';
  return {
    operationId: `${method}${path.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string = '') => next.toUpperCase())}`,
    tags: [service],
    summary: spec.summary,
    ...security(route),
    parameters: parameters(route),
    ...(body ? { requestBody: { required: true, content: { 'application/json': { schema: body } } } } : {}),
    responses: {
      [answer.status]: success,
      ...(isRead ? { 304: { description: 'The client has it already (If-None-Match).' } } : {}),
      ...Object.fromEntries(problemsOf(route).map((status) => [status, { $ref: `#/components/responses/${status}` }])),
      default: { $ref: '#/components/responses/default' },
    },
  };
}

/**
 * The OpenAPI 3.1 document of a system, from its routes.
 * @param about what the system is for
 */
export async function openapi(system: string, about: string, version: string): Promise<Json> {
  const named = new Named();
  const paths: Record<string, Json> = {};
  const routes: Route[] = [];
  for (const [service, definition] of await definitionsOf(system)) {
    for (const { path, route } of publicRoutesOf(definition)) {
      const at = templated(path);
      routes.push(route);
      paths[at] = { ...paths[at], [route.method]: operation(service, at, route, named) };
    }
  }
  const answered = new Set(['default', ...routes.flatMap(problemsOf).map(String)]);
  const responses = Object.fromEntries(Object.entries(PROBLEMS).filter(([status]) => answered.has(status)));
  return {
    openapi: '3.1.0',
    info: { title: `Madang: ${system}`, description: about, version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: named.schemas, responses, securitySchemes: securitySchemes(routes) },
  };
}
