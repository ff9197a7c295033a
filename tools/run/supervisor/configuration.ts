import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { parse } from 'yaml';
import { z } from 'zod';
import { configurationsOf } from '../infrastructure/definitions.ts';
import { root } from '../paths.ts';
import { listen, type Unconfirmed } from './confirmation.ts';
import type { Status } from './status.ts';

const Store = z.object({ spec: z.object({ metadata: z.array(z.object({ name: z.string(), value: z.string() })) }) });

/**
 * Says why a service of the system would refuse these values at its next start, by the schema it starts with itself.
 * @returns a sentence, or nothing when all of them are taken
 */
export async function refusal(system: string, changes: Record<string, string>): Promise<string | undefined> {
  if (Object.keys(changes).length === 0) return undefined;
  for (const [service, schema] of await configurationsOf(system)) {
    for (const [key, value] of Object.entries(changes)) {
      const field: z.ZodType | undefined = schema.shape[key];
      const [issue] = field?.safeParse(value).error?.issues ?? [];
      if (issue) return `${key}=${value} is refused by ${system}-${service}: ${issue.message}. Nothing was changed.`;
    }
  }
  return undefined;
}

/**
 * The configuration in force for a system, after these changes. Services follow a change without a restart.
 * @throws Error with a sentence, and nothing is changed, when a key is unknown or a service would refuse a value
 */
export async function configuration(
  running: Status,
  system: string,
  changes: Record<string, string>,
): Promise<Record<string, string>> {
  if (!running.redis || !running.systems.includes(system)) throw new Error(`The ${system} system does not run.`);
  const file = join(root, 'components', running.profile, `${system}-configuration.yaml`);
  const { metadata } = Store.parse(parse(await readFile(file, 'utf8'))).spec;
  const db = Number(metadata.find(({ name }) => name === 'redisDB')?.value ?? 0);
  const redis = new Redis({ ...running.redis, db, maxRetriesPerRequest: 1 });
  try {
    const keys = (await redis.keys('*')).sort();
    const found = keys.length ? await redis.mget(keys) : [];
    // The store's format is `value||version`.
    const items = new Map(keys.map((key, at) => [key, (found[at] ?? '').split('||')]));
    for (const key of Object.keys(changes))
      if (!items.has(key)) throw new Error(`${system} has no key ${key}; it has ${keys.join(', ')}.`);
    const refused = await refusal(system, changes);
    if (refused) throw new Error(refused);
    for (const [key, value] of Object.entries(changes)) {
      const version = String(Number(items.get(key)?.[1] ?? 0) + 1);
      items.set(key, [value, version]);
      await redis.set(key, `${value}||${version}`);
    }
    return Object.fromEntries([...items].map(([key, [value = '']]) => [key, value]));
  } finally {
    redis.disconnect();
  }
}

/**
 * The configuration in force for a system, after these changes, once the services that read what differs have confirmed it.
 * @param limitMs how long it waits for them
 * @throws Error as `configuration` does
 */
export async function changed(
  running: Status,
  system: string,
  changes: Record<string, string>,
  limitMs: number,
): Promise<{ readonly values: Record<string, string>; readonly unconfirmed: readonly Unconfirmed[] }> {
  const before = await configuration(running, system, {});
  const others = Object.keys(changes).filter((key) => changes[key] !== before[key]);
  if (others.length === 0) return { values: before, unconfirmed: [] };
  const confirmed = await listen(running, system, others);
  const values = await configuration(running, system, changes);
  return { values, unconfirmed: await confirmed(limitMs) };
}
