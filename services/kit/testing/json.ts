/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Numbers as Go's float64 has them, keys of objects in the order of their bytes, lone surrogates replaced: what the sidecar makes of any JSON. */
function asGo(value: Json): Json {
  if (typeof value === 'string') return wellFormed(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(asGo);
  const entries = Object.entries(value).map(([key, inner]) => [wellFormed(key), asGo(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => byBytes(a, b)));
}

const wellFormed = (text: string): string => Buffer.from(text).toString();

/** Compares texts by their UTF-8 bytes, as Go, MySQL's utf8mb4_bin and SQLite do. */
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Takes a JSON value through the sidecar: what a reader gets back is never the writer's own object. */
export const throughSidecar = (value: unknown): string => JSON.stringify(asGo((value ?? null) as Json));

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
