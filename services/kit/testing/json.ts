/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * What the sidecar makes of any JSON: numbers as Go's float64 has them, keys of objects in the order of their bytes, lone
 * surrogates replaced.
 */
function asGo(value: Json, number: (value: number) => number): Json {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value === 'number') return number(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((inner) => asGo(inner, number));
  const entries = Object.entries(value).map(([key, inner]) => [wellFormed(key), asGo(inner, number)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => byBytes(a, b)));
}

/** Texts without one are well formed, and their code units are in the order of their bytes. */
const SURROGATE = /[\ud800-\udfff]/;

const wellFormed = (text: string): string => (SURROGATE.test(text) ? Buffer.from(text).toString() : text);

/** Six digits behind the point for all but large numbers: how Dapr's Redis store writes them (jsoniter.ConfigFastest). */
export const sixDigits = (value: number): number =>
  Math.abs(value) > 0x4ffffff ? value : (Math.sign(value) * Math.floor(Math.abs(value) * 1e6 + 0.5)) / 1e6;

/** Compares texts by their UTF-8 bytes, as Go, MySQL's utf8mb4_bin and SQLite do. */
export function byBytes(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Takes a JSON value through the sidecar: what a reader gets back is never the writer's own object. */
export const throughSidecar = (value: unknown, number = (one: number): number => one): string =>
  JSON.stringify(asGo((value ?? null) as Json, number));

/** Reads JSON; undefined where it is none. */
export function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** A JSON object, or undefined. */
export const asObject = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;

/** Go's words for a text that is no JSON, as far as they are told here: nothing, cut off, or wrong from its beginning. */
export function whyNoJson(text: string): string {
  const [first] = text.trimStart();
  if (first === undefined) return 'EOF';
  return /[[{"\d-]|[tfn]/.test(first)
    ? 'unexpected EOF'
    : `invalid character '${first}' looking for beginning of value`;
}

/** Go's word for the kind of a JSON value. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return { boolean: 'bool', number: 'number', string: 'string' }[typeof value as string] ?? 'object';
}
