import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { routes } from '../../services/gateway/routes.ts';
import { published } from '../docs/declared.ts';
import { readTemplate } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { checkName, portFor, portsTaken } from './checks.ts';
import { addToContract } from './document.ts';
import { render, type Words } from './render.ts';
import { capital, derive, entryOf, format, plural } from './tree.ts';

/** How a service of a language is started, as dapr/<system>.yaml has it. */
const COMMANDS = {
  typescript: ({ appId }: Words) => `[node, .madang/dist/${appId}.js]`,
  python: ({ system, name }: Words) => `[python3, services/${system}/${name}/main.py]`,
  go: ({ appId }: Words) => `[.madang/dist/${appId}]`,
} as const satisfies Record<string, (words: Words) => string>;

export type Language = keyof typeof COMMANDS;
export const LANGUAGES = Object.keys(COMMANDS) as Language[];

/** What the user asks for. */
export interface ServiceRequest {
  readonly system: string;
  readonly name: string;
  readonly language: Language;
  /** The event it acts on; the first of the system where nothing is said. */
  readonly on?: string | undefined;
  readonly port?: string | undefined;
}

interface Heard {
  readonly service: string;
  readonly type: string;
  readonly sample: object;
}

type Shape = z.core.JSONSchema.JSONSchema;

/** A value that a schema takes: the shortest there is. */
function sampleOf(schema: Shape): unknown {
  const { type, enum: values, const: literal, anyOf, properties = {}, required = [] } = schema;
  if (literal !== undefined) return literal;
  if (values) return values[0];
  if (anyOf) return sampleOf(anyOf[0] as Shape);
  if (type === 'object')
    return Object.fromEntries(required.map((name) => [name, sampleOf((properties[name] ?? {}) as Shape)]));
  if (type === 'array') return [];
  if (type === 'integer' || type === 'number') return Math.max(1, schema.minimum ?? 1);
  return type === 'boolean' ? true : type === 'null' ? null : 'text';
}

/** The events on which a new service can act: those that name a record by its number. */
async function eventsOf(system: string): Promise<Heard[]> {
  const order = (await readTemplate(system)).map(({ name }) => name);
  return (await published(system))
    .map(({ service, type, schema }) => ({ service, type, shape: z.toJSONSchema(schema, { io: 'output' }) }))
    .filter(({ shape }) => (shape.properties?.id as Shape | undefined)?.type === 'integer')
    .sort((one, other) => order.indexOf(one.service) - order.indexOf(other.service))
    .map(({ service, type, shape }) => ({ service, type, sample: sampleOf(shape) as object }));
}

async function heardBy({ system, on }: ServiceRequest): Promise<Heard> {
  const events = await eventsOf(system);
  // What begins something suits a new service better than what ends it.
  const first = events.find(({ type }) => /Regist|Open|Creat|Sav|Order/.test(type)) ?? events[0];
  const found = on === undefined ? first : events.find(({ type }) => type === on);
  if (found) return found;
  const known = events.map(({ type }) => type).join(', ') || 'none';
  throw new Error(
    `--on: no service of ${system} publishes ${on ?? 'an event'} with the number of a record; there is ${known}.`,
  );
}

async function wordsOf(request: ServiceRequest): Promise<Words> {
  const { system, name } = request;
  const { service: source, type, sample } = await heardBy(request);
  const key = `${source}Id`;
  return {
    system,
    name,
    Name: capital(name),
    names: plural(name),
    appId: `${system}-${name}`,
    source,
    key,
    Key: capital(key),
    Event: type,
    sample: JSON.stringify(sample),
  };
}

/** Refuses names that something has already. */
async function checkFree({ system, name }: ServiceRequest, { names }: Words): Promise<void> {
  if ((await readTemplate(system)).some((service) => service.name === name))
    throw new Error(`${system} has a service "${name}" already; choose another name.`);
  const folder = `services/${system}/${name}`;
  const isThere = await access(join(root, folder)).then(
    () => true,
    () => false,
  );
  if (isThere) throw new Error(`${folder} is there already; choose another name, or remove it.`);
  for (const path of [`/${names}`, `/${name}Histories`])
    if (routes[system]?.[path]) throw new Error(`${routes[system][path]} has the path ${path}; choose another name.`);
}

const resourcesOf = ({ name, Name, names, source, key, Key, Event }: Words, language: Language): string => {
  const isPublic = language === 'typescript';
  const heading = isPublic ? `### ${Name}: \`/${names}\`, \`/${name}Histories\`` : `### ${Name}: within the system`;
  const routes = isPublic
    ? `\`GET\`, and \`search/findBy${Key}\`. \`PATCH\` and \`PUT\` change the note. \`/${name}Histories\` is the read model: \`GET\`, and \`search/findBy${Key}\`.`
    : `Other services read it at \`/${names}/{${key}}\`; clients do not.`;
  const events = isPublic ? '| `events` | list | of the read model: types of the events seen |\n' : '';
  return `${heading}

${routes}

| field    | type    | meaning |
| -------- | ------- | ------- |
| \`${key}\` | integer | the ${source}; \`${Event}\` opens the record |
| \`note\` | text | what somebody noted |
${events}`;
};

/**
 * Makes a service: its folder, its place in dapr/<system>.yaml and in the contract, and all that derives from these.
 * @returns the files that were made, and the port
 */
export async function newService(wanted: ServiceRequest): Promise<{ files: string[]; port: number }> {
  const { system, name, language } = wanted;
  checkName(name, 'service');
  const services = await readTemplate(system);
  const words = await wordsOf(wanted);
  await checkFree(wanted, words);
  const first = Math.min(...services.map(({ ports }) => ports.app));
  const port = portFor(await portsTaken(), first, wanted.port);
  const files = await render(language, `services/${system}/${name}`, words);
  const template = join(root, 'dapr', `${system}.yaml`);
  const text = await readFile(template, 'utf8');
  await writeFile(template, `${text.trimEnd()}\n${entryOf(words.appId ?? '', COMMANDS[language](words), port)}`);
  format([...files, await addToContract(system, words, resourcesOf(words, language))]);
  derive();
  return { files, port };
}
