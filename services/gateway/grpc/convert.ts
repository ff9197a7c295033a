import type { Operation } from './operations.ts';
import type { Shape } from './shape.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The request of HTTP that a message stands for. */
export interface Wanted {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly body: string | undefined;
}

/** A message cannot be what it says; the text names the field. */
export class Unreadable extends Error {}

/**
 * JSON as a message has it. A field that is null or not there is not set.
 * @returns undefined for what is not there
 */
function toMessage(shape: Shape, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (shape.kind === 'json') return JSON.stringify(value);
  if (shape.kind === 'list') return Array.isArray(value) ? value.map((one) => toMessage(shape.of, one)) : undefined;
  if (shape.kind !== 'message') return value;
  if (!isFields(value)) return undefined;
  const set = [...shape.fields].map(([name, of]) => [name, toMessage(of, value[name])] as const);
  return Object.fromEntries(set.filter(([, field]) => field !== undefined));
}

/**
 * A message as JSON has it, without the fields that are not set.
 * @throws Unreadable
 */
function fromMessage(shape: Shape, value: unknown, name: string): unknown {
  if (shape.kind === 'json') return parsed(String(value), name);
  if (shape.kind === 'whole') return numeral(String(value));
  // JSON has no infinity: as text the service refuses it, and says why.
  if (shape.kind === 'decimal') return Number.isFinite(value) ? value : String(value);
  if (shape.kind === 'list') return Array.isArray(value) ? value.map((one) => fromMessage(shape.of, one, name)) : [];
  if (shape.kind !== 'message' || !isFields(value)) return value;
  const set = [...shape.fields].filter(([key]) => value[key] !== undefined);
  return Object.fromEntries(set.map(([key, of]) => [key, fromMessage(of, value[key], key)]));
}

/** A whole number that JSON's readers keep; beyond them its digits, which services refuse. */
const numeral = (digits: string): number | string => (Number.isSafeInteger(Number(digits)) ? Number(digits) : digits);

function parsed(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreadable(`${name} must be JSON.`);
  }
}

/**
 * What is asked of the gateway for a message.
 * @throws Unreadable where a part of the path is missing, or JSON is none
 */
export function wantedBy(operation: Operation, given: Fields): Wanted {
  const { method, path, inPath, inQuery, request } = operation;
  let target = path;
  for (const name of inPath) {
    const value = given[name];
    if (value === undefined || value === '') throw new Unreadable(`${name} is missing.`);
    target = target.replace(`{${name}}`, encodeURIComponent(String(value)));
  }
  const query = inQuery
    .filter((name) => given[name] !== undefined)
    .map((name) => `${name}=${encodeURIComponent(String(given[name]))}`);
  const shape = request.fields.get('body');
  // A body that is not set is an empty one: the service says which of its fields are missing.
  const body = shape && JSON.stringify(given.body === undefined ? {} : fromMessage(shape, given.body, 'body'));
  return { method, target: query.length > 0 ? `${target}?${query.join('&')}` : target, body };
}

/** The message of an answer. */
export function answeredBy({ answer, wrapping }: Operation, json: unknown): object {
  const whole =
    wrapping === 'rows' && isFields(json)
      ? { ...(isFields(json._embedded) ? json._embedded : {}), page: pageOf(json) }
      : wrapping === 'items' || wrapping === 'json'
        ? { [wrapping]: json }
        : json;
  return (toMessage(answer, whole) as object | undefined) ?? {};
}

function pageOf({ page, _links: links }: Fields): Fields | undefined {
  if (!isFields(page)) return undefined;
  const next = isFields(links) && isFields(links.next) ? String(links.next.href) : undefined;
  const number = next && new URL(next, 'http://localhost').searchParams.get('page');
  return { number: page.number, size: page.size, ...(number ? { next: Number(number) } : {}) };
}
