import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from '../paths.ts';
import { configurationsOf } from './definitions.ts';
import { readTemplate } from './templates.ts';

/** What a key of a ConfigMap is, as the service that reads it declares it. */
export interface DeclaredKey {
  /** What it is where nobody says otherwise. */
  readonly value: string;
  /** What operators read of it. */
  readonly about: string;
  /** What it may be: the schema, or, of a service in another language, what its configuration.json says. */
  readonly rule: z.ZodType | Readonly<Record<string, unknown>>;
}

const Said = z.object({ default: z.union([z.string(), z.number()]), description: z.string().min(1) });
const Json = z.record(z.string(), Said.extend({ says: z.string(), pattern: z.string().optional() }));

/** @throws Error with a sentence where a key has no value or nobody says what it is for */
function declared(where: string, key: string, said: unknown, rule: DeclaredKey['rule']): DeclaredKey {
  const { data } = Said.safeParse(said);
  if (!data) throw new Error(`${where}: the key ${key} has no value or no sentence for operators; see configKey.`);
  return { value: String(data.default), about: data.description, rule };
}

/** The keys that a service in another language than TypeScript reads: its configuration.json says what they are. */
async function inAnotherLanguage(folder: string): Promise<[string, DeclaredKey][]> {
  const file = join(folder, 'configuration.json');
  const text = await readFile(join(root, file), 'utf8').catch(() => '{}');
  return Object.entries(Json.parse(JSON.parse(text))).map(([key, said]) => {
    const { default: _, description: __, ...rule } = said;
    return [key, declared(file, key, said, rule)];
  });
}

/** What the services of a system read of its ConfigMap, by their names in the order of dapr/<system>.yaml; the gateway is last. */
export async function keysOf(system: string): Promise<Map<string, ReadonlyMap<string, DeclaredKey>>> {
  const schemas = await configurationsOf(system);
  const names = (await readTemplate(system)).map(({ name }) => name).filter((name) => name !== 'gateway');
  const found = new Map<string, ReadonlyMap<string, DeclaredKey>>();
  for (const name of [...names, 'gateway']) {
    const schema = schemas.get(name);
    const keys = schema
      ? Object.entries(schema.shape).map(([key, field]): [string, DeclaredKey] => {
          const rule = field as z.ZodType;
          return [key, declared(`${system}-${name}`, key, z.toJSONSchema(rule), rule)];
        })
      : await inAnotherLanguage(`services/${system}/${name}`);
    if (keys.length > 0) found.set(name, new Map(keys));
  }
  return found;
}
