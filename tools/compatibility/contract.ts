import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../run/paths.ts';
import type { Contract, Operation, Published } from './compare.ts';
import { type Schema, type Shape, shapesOf } from './shapes.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly schema: Schema;
}
type Content = { readonly content?: { readonly 'application/json': { readonly schema: Schema } } };

interface OpenApi {
  readonly info: { readonly version: string };
  readonly paths: Record<string, Record<string, Described>>;
}
interface Described {
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Content & { readonly required: boolean };
  readonly responses: Record<string, Content>;
}
interface AsyncApi {
  readonly operations: Record<string, { readonly messages: readonly { readonly $ref: string }[] }>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

function operationOf(
  { parameters, requestBody, responses }: Described,
  document: unknown,
  clients: readonly string[],
): Operation {
  const takes: Record<string, Shape> = {};
  for (const { in: where, name, required, schema } of parameters)
    Object.assign(takes, shapesOf(schema, document, `${where}.${name}`, required));
  const body = requestBody?.content?.['application/json'].schema;
  if (body) Object.assign(takes, shapesOf(body, document, 'body', requestBody.required));
  const status = Object.keys(responses).find((one) => one.startsWith('2')) ?? '';
  const answer = responses[status]?.content?.['application/json'].schema;
  return { clients, takes, status, answers: answer ? shapesOf(answer, document) : {} };
}

/** Types of the messages that a service sends or receives on the topic of its system. */
const typesOf = ({ operations }: AsyncApi, name: 'send' | 'receive'): string[] =>
  (operations[name]?.messages ?? []).map(({ $ref }) => $ref.slice($ref.lastIndexOf('/') + 1));

function eventsOf(documents: ReadonlyMap<string, AsyncApi>): Record<string, Published> {
  const events: Record<string, Published> = {};
  const shapes = (document: AsyncApi, type: string) => shapesOf(document.components.schemas[type] ?? {}, document);
  for (const [by, document] of documents)
    for (const type of typesOf(document, 'send')) {
      const listeners = [...documents].filter(([, other]) => typesOf(other, 'receive').includes(type));
      const consumers = listeners.map(([service, other]) => [service, Object.keys(shapes(other, type))]);
      events[type] = { by, fields: shapes(document, type), consumers: Object.fromEntries(consumers) };
    }
  return events;
}

/** The source of the page of a system: which paths it asks for. */
async function pageOf(system: string): Promise<string> {
  const folder = join(root, 'services', system, 'page');
  const files = await readdir(folder).catch(() => []);
  return (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).join('\n');
}

/** What a system promises, from its OpenAPI document and the AsyncAPI documents of its services. */
export async function contractOf(
  system: string,
  rest: object,
  services: ReadonlyMap<string, object>,
): Promise<Contract> {
  const { info, paths } = rest as OpenApi;
  const page = await pageOf(system);
  const operations: Record<string, Operation> = {};
  for (const [path, methods] of Object.entries(paths)) {
    const collection = path.slice(1).replace(/\/\{.*$/, '');
    const isOfPage = ['/', '?', "'", '`'].some((end) => page.includes(`${collection}${end}`));
    for (const [method, operation] of Object.entries(methods))
      operations[`${method.toUpperCase()} ${path}`] = operationOf(
        operation,
        rest,
        isOfPage ? [`the page of ${system}`] : [],
      );
  }
  return { version: info.version, operations, events: eventsOf(services as ReadonlyMap<string, AsyncApi>) };
}
