import { type Document, type Operation, operationsOf } from '../../services/gateway/grpc/operations.ts';
import type { Message, Shape } from '../../services/gateway/grpc/shape.ts';

/**
 * The fields that a message ever had, each as `name type`: its place in the list is its number. Entries are only appended,
 * so a number never means something else; one that is not used any more is reserved.
 */
export type Numbering = Readonly<Record<string, readonly string[]>>;

const SCALARS = { text: 'string', whole: 'int64', decimal: 'double', truth: 'bool', json: 'string' } as const;

/** The type of a field, with its label: a scalar that is not set differs from one that is zero or empty. */
function typeOf(shape: Shape): string {
  if (shape.kind === 'message') return shape.name;
  if (shape.kind === 'list') return `repeated ${bare(shape.of)}`;
  return `optional ${bare(shape)}`;
}

const bare = (shape: Shape): string =>
  shape.kind === 'message' ? shape.name : shape.kind === 'list' ? 'string' : SCALARS[shape.kind];

/** All messages that these methods need, by name. */
function messagesOf(operations: readonly Operation[]): Map<string, Message> {
  const found = new Map<string, Message>();
  const add = (shape: Shape): void => {
    if (shape.kind === 'list') add(shape.of);
    if (shape.kind !== 'message') return;
    const other = found.get(shape.name);
    if (other && textOf(other) !== textOf(shape)) throw new Error(`Two messages would be called ${shape.name}.`);
    found.set(shape.name, shape);
    for (const field of shape.fields.values()) add(field);
  };
  for (const { request, answer } of operations) {
    add(request);
    add(answer);
  }
  return found;
}

const textOf = ({ fields }: Message): string => [...fields].map(([name, of]) => `${name} ${typeOf(of)}`).join();

/** Gives each field that has no number yet the next one of its message. */
export function numbered(messages: Iterable<Message>, before: Numbering): Numbering {
  const all: Record<string, readonly string[]> = { ...before };
  for (const { name, fields } of messages) {
    const known = all[name] ?? [];
    const now = [...fields].map(([field, shape]) => `${field} ${typeOf(shape)}`);
    all[name] = [...known, ...now.filter((entry) => !known.includes(entry))];
  }
  return all;
}

function messageText({ name, fields }: Message, entries: readonly string[]): string {
  const number = new Map(entries.map((entry, at) => [entry, at + 1]));
  const now = [...fields].map(([field, shape]) => ({ field, shape, entry: `${field} ${typeOf(shape)}` }));
  const gone = entries.filter((entry) => !now.some((one) => one.entry === entry));
  const names = new Set(gone.map((entry) => entry.split(' ')[0] ?? '').filter((field) => !fields.has(field)));
  const reserved = [
    ...(gone.length > 0 ? [`  reserved ${gone.map((entry) => number.get(entry)).join(', ')};`] : []),
    ...(names.size > 0 ? [`  reserved ${[...names].map((field) => `"${field}"`).join(', ')};`] : []),
  ];
  const lines = now.map(({ field, shape, entry }) => {
    const isJson = shape.kind === 'json' || (shape.kind === 'list' && shape.of.kind === 'json');
    return `  ${typeOf(shape)} ${field} = ${number.get(entry)};${isJson ? ' // JSON' : ''}`;
  });
  return `message ${name} {\n${[...reserved, ...lines].map((line) => `${line}\n`).join('')}}\n`;
}

function serviceText(name: string, operations: readonly Operation[]): string {
  const methods = operations.map(
    (one) =>
      `  // ${one.method} ${one.path}: ${one.summary}\n  rpc ${one.name}(${one.request.name}) returns (${one.answer.name});\n`,
  );
  return `service ${name} {\n${methods.join('\n')}}\n`;
}

/**
 * The .proto of a system, from its OpenAPI document.
 * @param before the numbers that were given already
 */
export function proto(system: string, document: Document, before: Numbering): { text: string; numbering: Numbering } {
  const operations = operationsOf(document);
  const messages = messagesOf(operations);
  const numbering = numbered(messages.values(), before);
  const services = [...new Set(operations.map(({ service }) => service))].map((service) =>
    serviceText(
      service,
      operations.filter((one) => one.service === service),
    ),
  );
  const parts = [...messages.values()].map((message) => messageText(message, numbering[message.name] ?? []));
  const head = [
    `// ${system} over gRPC: docs/clients/grpc.md. Written by ./run generate from the routes; numbers are kept in numbering.json.`,
    'syntax = "proto3";',
    `package madang.${system}.v1;`,
  ];
  return { text: `${head.join('\n')}\n\n${[...services, ...parts].join('\n')}`, numbering };
}
