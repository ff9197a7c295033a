import type { AnswerShape, Route, RouteSpec } from '../../services/kit/index.ts';
import { definitionsOf } from '../run/definitions.ts';
import { PROBLEMS, parameters, responseHeaders, STATIC } from './openapi-parts.ts';
import { publicRoutesOf } from './public-routes.ts';
import { jsonSchema, type Schema } from './schemas.ts';

type Json = Record<string, unknown>;

/** Express writes `:id` where OpenAPI writes `{id}`. */
const templated = (path: string): string => path.replace(/:(\w+)/g, '{$1}');

/** The body a route takes: unknown fields are refused, and what clients have read from us may come back. */
function bodySchema({ body, part, message }: RouteSpec): Schema | undefined {
  if (message) return jsonSchema(message, 'input');
  const resource = body ?? part?.partial();
  if (!resource) return undefined;
  const schema = jsonSchema(resource, 'input');
  if (resource.def.catchall) return schema;
  const read = { id: { description: 'Ignored.' }, _links: { description: 'Ignored.' } };
  return { ...schema, properties: { ...read, ...schema.properties }, additionalProperties: false };
}

/** What stands around a resource in answers, as HAL has it. */
function answered(shape: AnswerShape, named: (shape: AnswerShape) => Schema): Schema {
  const resource = named(shape);
  if (!shape.hal) return resource;
  const item: Schema = { allOf: [resource, { $ref: '#/components/schemas/Linked' }] };
  if (shape.hal.of === 'item') return item;
  const { path } = shape.hal.names;
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
      503,
      ...(spec.problems ?? []),
    ]),
  ].sort();
}

function operation(service: string, path: string, route: Route, named: (shape: AnswerShape) => Schema): Json {
  const { method, spec } = route;
  const { answer } = spec;
  const body = bodySchema(spec);
  const success =
    answer.status === 204
      ? { description: 'Done.' }
      : {
          description: answer.status === 201 ? 'It was made, or had been by the same command.' : 'The answer.',
          headers: responseHeaders(answer),
          content: { 'application/json': { schema: answered(answer, named) } },
        };
  const isRead = method === 'get' && answer.hal?.of === 'item';
  return {
    operationId: `${method}${path.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string = '') => next.toUpperCase())}`,
    tags: [service],
    summary: spec.summary,
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
  const schemas: Record<string, Schema> = {};
  const paths: Record<string, Json> = {};
  for (const [service, definition] of await definitionsOf(system)) {
    const named = ({ schema, hal }: AnswerShape): Schema => {
      if (!schema) return {};
      if (!hal) return jsonSchema(schema, 'output');
      const name = `${service}.${hal.names.item}`;
      schemas[name] ??= jsonSchema(schema, 'output');
      return { $ref: `#/components/schemas/${name}` };
    };
    for (const { path, route } of publicRoutesOf(definition)) {
      const at = templated(path);
      paths[at] = { ...paths[at], [route.method]: operation(service, at, route, named) };
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: `Madang: ${system}`, description: about, version, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: { ...STATIC, ...schemas }, responses: PROBLEMS },
  };
}
