import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { keysOf } from '../../tools/run/infrastructure/configuration-keys.ts';
import { systems } from '../../tools/run/infrastructure/templates.ts';

/**
 * What the chart checks values by, derived from where it is already said (`npx tsx helm/tools/schema.ts`; a test compares):
 * config/schema.json from the services' own schemas of their configuration, and in values.schema.json the sections that
 * must be there from values.yaml.
 */

const chart = join(import.meta.dirname, '../madang');
type Json = { [key: string]: unknown };

/** What a key of a ConfigMap may be, as the template asks it. */
interface Rule {
  /** What the service would say. */
  says: string;
  enum?: string[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

function ruleOf(field: z.ZodType): Rule {
  const input = z.toJSONSchema(field, { io: 'input' }) as Json;
  const output = z.toJSONSchema(field, { io: 'output' }) as Json;
  const said = { ...output, ...input };
  const kept = ['enum', 'pattern', 'minimum', 'maximum', 'maxLength'].filter((name) => said[name] !== undefined);
  const [issue] = field.safeParse('\u0000'.repeat(10_000)).error?.issues ?? [];
  return {
    says: issue?.message.replace(/^Too big: expected string to have <=/, 'must have at most ') ?? 'is refused',
    ...Object.fromEntries(kept.map((name) => [name, said[name]])),
  };
}

/** By system and key. */
export async function configurationRules(): Promise<string> {
  const all: Record<string, Record<string, Rule | object>> = {};
  for (const system of await systems()) {
    const keys = [...(await keysOf(system)).values()].flatMap((one) => [...one]);
    all[system] = Object.fromEntries(
      keys.map(([key, { rule }]) => [key, rule instanceof z.ZodType ? ruleOf(rule) : rule]),
    );
  }
  return `${JSON.stringify(all, null, 2)}\n`;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** Nobody reads into these. */
const OPTIONAL = ['resources'];

/** The schema with `required` for whatever values.yaml has: a section set to null is gone, and templates read into it. */
function demanding(schema: Json, values: Json, definitions: Json): Json {
  const properties = { ...(schema.properties as Json) };
  const named = Object.entries(values).filter(([name]) => properties[name] && !OPTIONAL.includes(name));
  for (const [name, value] of named) {
    const inner = properties[name] as Json;
    const [base] = (inner.allOf as Json[] | undefined) ?? [inner];
    const reference = typeof base?.$ref === 'string' ? base.$ref.replace('#/definitions/', '') : undefined;
    if (!isObject(value)) continue;
    if (reference) {
      const { required, properties: within } = demanding(definitions[reference] as Json, value, definitions);
      properties[name] = { allOf: [base, { required, properties: onlyRequired(within as Json) }] };
    } else if (inner.properties) properties[name] = demanding(inner, value, definitions);
  }
  return { ...schema, required: named.map(([name]) => name).sort(), properties };
}

/** Of a schema that stands beside another one: nothing but what must be there. */
const onlyRequired = (properties: Json): Json =>
  Object.fromEntries(
    Object.entries(properties)
      .filter(([, inner]) => isObject(inner) && inner.required)
      .map(([name, inner]) => {
        const { required, properties: within = {} } = inner as Json;
        return [name, { required, properties: onlyRequired(within as Json) }];
      }),
  );

export async function valuesSchema(): Promise<string> {
  const schema = JSON.parse(await readFile(join(chart, 'values.schema.json'), 'utf8')) as Json;
  const values = parse(await readFile(join(chart, 'values.yaml'), 'utf8')) as Json;
  return `${JSON.stringify(demanding(schema, values, schema.definitions as Json), null, 2)}\n`;
}

/** Writes both schemas of the chart anew. */
export async function write(): Promise<void> {
  await writeFile(join(chart, 'values.schema.json'), await valuesSchema());
  await writeFile(join(chart, 'config/schema.json'), await configurationRules());
}

if (process.argv[1] === import.meta.filename) await write();
