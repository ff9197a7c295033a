import { type Field, fieldOf, fieldsOf, resolved, type Schema, type Schemas } from './schema.ts';

/** The contract of a system for programs, read from its OpenAPI and AsyncAPI documents. */

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
}
interface Described {
  readonly operationId: string;
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly security?: readonly { readonly token?: readonly string[] }[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, { readonly $ref?: string; readonly description?: string }>>;
}
export interface OpenApi {
  readonly info: { readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: {
    readonly schemas: Schemas;
    readonly responses: Readonly<Record<string, { readonly description?: string }>>;
  };
}
export interface AsyncApi {
  readonly operations: Readonly<
    Record<string, { readonly action: 'send' | 'receive'; readonly messages: readonly { readonly $ref: string }[] }>
  >;
  readonly components: {
    readonly messages: Readonly<
      Record<string, { readonly examples?: readonly { readonly payload: { readonly data?: unknown } }[] }>
    >;
    readonly schemas: Schemas;
  };
}
/** The documents of a system; AsyncAPI describes each service on its own. */
export interface Documents {
  readonly openapi: OpenApi;
  readonly asyncapi: Readonly<Record<string, AsyncApi>>;
}

/** A field of a request. */
export interface Input extends Field {
  readonly where: Parameter['in'] | 'body';
  /** With what it may be tried. */
  readonly sample: string;
}
/** What may be asked of a system. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly service: string;
  readonly summary: string;
  /** Who may, where tokens are asked for. */
  readonly roles: readonly string[];
  readonly inputs: readonly Input[];
  readonly hasBody: boolean;
  readonly answers: readonly { readonly status: string; readonly about: string }[];
}
/** What is told in a system. */
export interface PublishedEvent {
  readonly type: string;
  readonly by: readonly string[];
  readonly to: readonly string[];
  readonly fields: readonly Field[];
  readonly example: unknown;
}
/** Examples of values, by service and field. */
type Samples = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Contract {
  readonly about: string;
  readonly operations: readonly Operation[];
  readonly events: readonly PublishedEvent[];
  /** Those that have an AsyncAPI document. */
  readonly services: readonly string[];
}

export function contractOf({ openapi, asyncapi }: Documents): Contract {
  const events = eventsOf(asyncapi);
  const samples = samplesOf(events);
  const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => operationOf(method.toUpperCase(), path, one, openapi, samples)),
  );
  return { about: openapi.info.description, operations, events, services: Object.keys(asyncapi).sort() };
}

function operationOf(method: string, path: string, one: Described, openapi: OpenApi, samples: Samples): Operation {
  const { schemas, responses } = openapi.components;
  const service = one.tags?.[0] ?? '';
  const body = one.requestBody?.content['application/json']?.schema;
  const known = { ...Object.assign({}, ...Object.values(samples)), ...samples[service] } as Record<string, string>;
  const parameters = (one.parameters ?? []).map(({ name, in: where, required, description, schema }): Input => {
    const { about, ...field } = fieldOf(name, resolved(schema, schemas), required === true);
    return { ...field, about: description ?? about, where, sample: required ? (known[name] ?? '1') : '' };
  });
  const fields = body ? fieldsOf(body, schemas) : [];
  const bodyInputs = fields.map((field): Input => {
    const sample = field.choices[0] ?? known[field.name] ?? '';
    return { ...field, where: 'body', sample: field.required ? sample : '' };
  });
  return {
    id: one.operationId,
    method,
    path,
    service,
    summary: one.summary ?? '',
    roles: [...new Set((one.security ?? []).flatMap(({ token }) => token ?? []))],
    inputs: [...parameters, ...bodyInputs],
    hasBody: body !== undefined,
    answers: Object.entries(one.responses).map(([status, { $ref, description }]) => ({
      status,
      about: description ?? responses[$ref?.split('/').at(-1) ?? '']?.description ?? '',
    })),
  };
}

function eventsOf(asyncapi: Documents['asyncapi']): PublishedEvent[] {
  const events = new Map<string, { by: string[]; to: string[]; fields: Field[]; example: unknown }>();
  for (const [service, { operations, components }] of Object.entries(asyncapi))
    for (const { action, messages } of Object.values(operations))
      for (const type of messages.map(({ $ref }) => $ref.split('/').at(-1) ?? '')) {
        const known = events.get(type) ?? { by: [], to: [], fields: [], example: undefined };
        events.set(type, known);
        (action === 'send' ? known.by : known.to).push(service);
        // Who tells it knows it best.
        if (action === 'receive' && known.fields.length > 0) continue;
        known.fields = fieldsOf(components.schemas[type] ?? {}, components.schemas);
        known.example = components.messages[type]?.examples?.[0]?.payload;
      }
  return [...events].map(([type, one]) => ({ type, ...one })).sort((a, b) => a.type.localeCompare(b.type));
}

/** What the examples of a service's events hold is good for its commands, too. */
function samplesOf(events: readonly PublishedEvent[]): Samples {
  const samples: Record<string, Record<string, string>> = {};
  for (const { by, example } of events)
    for (const service of by) {
      const { data } = (example ?? {}) as { data?: Readonly<Record<string, unknown>> };
      const plain = Object.entries(data ?? {}).filter(([, value]) => ['string', 'number'].includes(typeof value));
      const found = Object.fromEntries(plain.map(([name, value]) => [name, String(value)]));
      samples[service] = { ...found, ...samples[service] };
    }
  return samples;
}

/** What is sent for what was filled in. */
export interface RequestToSend {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The name of an input among those of its operation. */
export const keyOf = ({ where, name }: Input): string => `${where} ${name}`;

/** The body that the filled in fields make. A number is sent as one; what is none goes as it is, and the service says so. */
export function bodyOf({ inputs }: Operation, values: Readonly<Record<string, string>>): string {
  const filled = inputs.filter((one) => one.where === 'body' && (values[keyOf(one)] ?? '') !== '');
  const entries = filled.map((one) => {
    const value = values[keyOf(one)] ?? '';
    return [one.name, one.isNumber && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value] as const;
  });
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

/** The request of an operation. @param json the body as a text, instead of that of the fields */
export function requestOf(
  operation: Operation,
  values: Readonly<Record<string, string>>,
  json?: string,
): RequestToSend {
  const { method, hasBody, inputs } = operation;
  const filled = (where: Input['where']) =>
    inputs.flatMap((one) => {
      const value = values[keyOf(one)] ?? '';
      return one.where === where && value !== '' ? [[one.name, value] as const] : [];
    });
  const path = filled('path').reduce(
    (text, [name, value]) => text.replace(`{${name}}`, encodeURIComponent(value)),
    operation.path,
  );
  const query = new URLSearchParams(Object.fromEntries(filled('query'))).toString();
  return {
    method,
    path: query ? `${path}?${query}` : path,
    headers: Object.fromEntries(filled('header').map(([name, value]) => [name.toLowerCase(), value])),
    ...(hasBody ? { body: json ?? bodyOf(operation, values) } : {}),
  };
}
