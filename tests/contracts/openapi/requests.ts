import fc from 'fast-check';
import type { Document, Operation, Parameter } from './document.ts';
import { invalid, valid } from './values.ts';

/** A request as it is sent, and what the document says of it. */
export interface Wanted {
  readonly operation: Operation;
  /** What is wrong with it; undefined: it is all that the document asks for. */
  readonly fault: string | undefined;
  /** Values of the path by name; a number below 1 picks one of the records that are there. */
  readonly path: Readonly<Record<string, string | number>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

type Part = 'path' | 'query' | 'header';
const VISIBLE = /^[\x21-\x7e]+$/;
const KEYS = fc.stringMatching(/^[!-~]{1,128}$/);
const TAGS = fc.constantFrom('"x"', '*', 'W/"x"', 'x');

const wrongPath = fc.constantFrom('0', '-1', '1.5', 'abc', '9'.repeat(16), '\u{1F600}', '1\0');
const WRONG_QUERY: Readonly<Record<string, readonly string[]>> = {
  page: ['-1', 'x', '1.5', '1e3', ''],
  size: ['0', '201', '-5', 'x', ''],
  sort: ['fee', 'id,up', ''],
};

/** Values that the document allows, as they stand in path, query or header. */
function values(document: Document, { name, in: where, schema }: Parameter): fc.Arbitrary<string | number> {
  if (where === 'header') return name === 'Idempotency-Key' ? KEYS : TAGS;
  const allowed = valid(document, schema)
    .map(String)
    .filter((text) =>
      where === 'query' ? Buffer.byteLength(text) < 300 : VISIBLE.test(text) && !/[/\\]|^\.+$/.test(text),
    );
  const there = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  return where === 'path' ? fc.oneof({ arbitrary: there, weight: 4 }, allowed) : allowed;
}

function parametersIn(
  document: Document,
  { parameters }: Operation,
  where: Part,
): fc.Arbitrary<Record<string, string | number>> {
  const own = parameters.filter((one) => one.in === where);
  const given = own.map((one) => [
    one.name,
    // A condition would refuse most changes.
    one.name.startsWith('If-') ? fc.option(values(document, one), { nil: undefined, freq: 8 }) : values(document, one),
  ]);
  const requiredKeys = own.filter(({ required }) => required).map(({ name }) => name);
  return fc
    .record(Object.fromEntries(given) as Record<string, fc.Arbitrary<string | number | undefined>>, { requiredKeys })
    .map(
      (found) =>
        Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Record<
          string,
          string | number
        >,
    );
}

const TYPE = { 'content-type': 'application/json' };

/** Requests of an operation that are what the document asks for. */
export function good(document: Document, operation: Operation): fc.Arbitrary<Wanted> {
  const body = operation.body
    ? valid(document, operation.body).map((value) => JSON.stringify(value))
    : fc.constant(undefined);
  const part = (where: Part) => parametersIn(document, operation, where);
  return fc.tuple(part('path'), part('query'), part('header'), body).map(([path, query, headers, text]) => ({
    operation,
    fault: undefined,
    path,
    query: query as Record<string, string>,
    headers: { ...(text === undefined ? {} : TYPE), ...headers } as Record<string, string>,
    body: text,
  }));
}

type Spoil = (wanted: Wanted) => Wanted;

/** What can be made wrong with the requests of an operation, each with a name. */
function faults(document: Document, { parameters, body }: Operation): fc.Arbitrary<Spoil>[] {
  const found: fc.Arbitrary<Spoil>[] = [];
  for (const { name, in: where, required } of parameters) {
    if (where === 'path' && name === 'id')
      found.push(
        wrongPath.map((value) => (wanted) => ({ ...wanted, path: { [name]: value }, fault: `${name} ${value}` })),
      );
    const wrong = where === 'query' ? WRONG_QUERY[name] : undefined;
    if (wrong)
      found.push(
        fc.constantFrom(...wrong).map((value) => (wanted) => ({
          ...wanted,
          query: { ...wanted.query, [name]: value },
          fault: `${name}=${value}`,
        })),
      );
    if (where === 'query' && required)
      found.push(
        fc.constantFrom('', undefined).map((value) => ({ query: { [name]: _, ...rest }, ...wanted }) => ({
          ...wanted,
          query: value === undefined ? rest : { ...rest, [name]: value },
          fault: `${name} is missing`,
        })),
      );
  }
  if (body) {
    const text =
      (value: string, fault: string, headers = {}): Spoil =>
      (wanted) => ({ ...wanted, headers: { ...wanted.headers, ...headers }, body: value, fault });
    found.push(
      ...Array.from({ length: 4 }, () =>
        invalid(document, body).map((value) => text(JSON.stringify(value), 'the body is not what the schema says')),
      ),
      fc.constantFrom(
        text('{"x":', 'broken JSON'),
        text('', 'no body'),
        text('{"x":1,"x":2}', 'a key twice'),
        text('{}', 'another type', { 'content-type': 'text/plain' }),
        text(JSON.stringify({ x: 'x'.repeat(300_000) }), 'a body too large'),
      ),
    );
  }
  return found;
}

/** Requests of an operation that are not; undefined where nothing can be wrong with it. */
export function bad(document: Document, operation: Operation): fc.Arbitrary<Wanted> | undefined {
  const wrong = faults(document, operation);
  if (wrong.length === 0) return undefined;
  return fc.tuple(good(document, operation), fc.oneof(...wrong)).map(([wanted, spoil]) => spoil(wanted));
}
