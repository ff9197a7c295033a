import type { Document } from '../../services/gateway/grpc/operations.ts';
import type { Schema } from '../../services/gateway/grpc/shape.ts';
import { type Numbering, proto } from './proto.ts';

/** A document of one route, whose record has these properties. */
const shop = (properties: Record<string, Schema>): Document => ({
  paths: {
    '/things/{id}': {
      get: {
        operationId: 'getThingsId',
        tags: ['shop'],
        summary: 'One thing.',
        parameters: [
          { name: 'id', in: 'path', schema: { type: 'integer' } },
          { name: 'If-None-Match', in: 'header', schema: { type: 'string' } },
        ],
        responses: {
          200: {
            content: {
              'application/json': {
                schema: {
                  allOf: [{ $ref: '#/components/schemas/shop.thing' }, { $ref: '#/components/schemas/Linked' }],
                },
              },
            },
          },
        },
      },
    },
  },
  components: { schemas: { 'shop.thing': { type: 'object', properties } } },
});

const written = (properties: Record<string, Schema>, before: Numbering = {}) => proto('shop', shop(properties), before);
const textOf = (text: string): string => /message ShopThing \{\n([^}]*)\}/.exec(text)?.[1] ?? '';

const TEXT: Schema = { type: 'string' };
const NULL: Schema = { type: 'null' };

test('given a route, when its .proto is written, then it has a service, a method and its messages', () => {
  const { text } = written({ name: TEXT });
  expect(text).toContain('package madang.shop.v1;');
  expect(text).toContain('service ShopService {\n  // GET /things/{id}: One thing.\n');
  expect(text).toContain('  rpc GetThingsId(GetThingsIdRequest) returns (ShopThing);');
  expect(text).toContain('message GetThingsIdRequest {\n  optional int64 id = 1;\n}');
});

test.each<[what: string, schema: Schema, line: string]>([
  ['text', TEXT, 'optional string it = 1;'],
  ['a whole number', { type: 'integer' }, 'optional int64 it = 1;'],
  ['a number with decimals', { type: 'number' }, 'optional double it = 1;'],
  ['a truth value', { type: 'boolean' }, 'optional bool it = 1;'],
  ['what may be null', { anyOf: [{ type: 'integer' }, NULL] }, 'optional int64 it = 1;'],
  ['a type or null', { type: ['string', 'null'] }, 'optional string it = 1;'],
  ['a number or its digits', { anyOf: [{ anyOf: [{ type: 'number' }, TEXT] }, NULL] }, 'optional double it = 1;'],
  ['a list', { type: 'array', items: TEXT }, 'repeated string it = 1;'],
  ['any of several types', { anyOf: [TEXT, { type: 'boolean' }] }, 'optional string it = 1; // JSON'],
  ['anything', {}, 'optional string it = 1; // JSON'],
  ['an object of any names', { type: 'object', additionalProperties: TEXT }, 'optional string it = 1; // JSON'],
  ['an object', { type: 'object', properties: { a: TEXT } }, 'ShopThingIt it = 1;'],
])('given %s, when the .proto is written, then the field loses nothing of it', (_, schema, line) => {
  expect(textOf(written({ it: schema }).text)).toBe(`  ${line}\n`);
});

test('given numbers, when a field is put between others, then they keep theirs and it gets the next', () => {
  const { numbering } = written({ a: TEXT, c: TEXT });
  const { text } = written({ a: TEXT, b: TEXT, c: TEXT }, numbering);
  expect(textOf(text)).toBe('  optional string a = 1;\n  optional string b = 3;\n  optional string c = 2;\n');
});

test('given numbers, when a field is removed, then its number and name are reserved, and come back with it alone', () => {
  const { numbering } = written({ a: TEXT, b: TEXT });
  const without = written({ b: TEXT, c: TEXT }, numbering);
  expect(textOf(without.text)).toBe(
    '  reserved 1;\n  reserved "a";\n  optional string b = 2;\n  optional string c = 3;\n',
  );
  const again = written({ a: TEXT, b: TEXT, c: TEXT }, without.numbering);
  expect(textOf(again.text)).toContain('  optional string a = 1;\n');
});

test('given numbers, when a field gets another type, then it gets another number, and the old one is reserved', () => {
  const { numbering } = written({ a: TEXT });
  const { text } = written({ a: { type: 'integer' } }, numbering);
  expect(textOf(text)).toBe('  reserved 1;\n  optional int64 a = 2;\n');
});

test('given numbers, when whatever is written, then what was numbered before still stands at its place', () => {
  const { numbering } = written({ a: TEXT, b: TEXT });
  const { numbering: later } = written({ z: TEXT, b: { type: 'integer' } }, numbering);
  expect(later.ShopThing?.slice(0, 2)).toEqual(numbering.ShopThing);
});
