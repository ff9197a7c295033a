import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from './paths.ts';
import type { Status } from './status.ts';

const Store = z.object({ spec: z.object({ metadata: z.array(z.object({ name: z.string(), value: z.string() })) }) });

/** The configuration in force for a system, after these changes. Services follow a change without a restart. */
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
    for (const [key, value] of Object.entries(changes)) {
      if (!items.has(key)) throw new Error(`${system} has no key ${key}; it has ${keys.join(', ')}.`);
      const version = String(Number(items.get(key)?.[1] ?? 0) + 1);
      items.set(key, [value, version]);
      await redis.set(key, `${value}||${version}`);
    }
    return Object.fromEntries([...items].map(([key, [value = '']]) => [key, value]));
  } finally {
    redis.disconnect();
  }
}
