import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { routes } from '../../services/gateway/routes.ts';
import { definitionsOf } from '../run/definitions.ts';
import { root } from '../run/paths.ts';
import type { Stage, Story } from '../run/scenario.ts';
import { readTemplate } from '../run/templates.ts';
import { consumed, contractOf, published } from './declared.ts';
import { scenarioTable } from './scenarios.ts';

interface Call {
  readonly from: string;
  readonly to: string;
  readonly within: string;
  readonly breaker: boolean;
}

/** The synchronous calls between services, as the resiliency policies have them. */
async function calls(system: string): Promise<Call[]> {
  const folder = join(root, 'dapr/resiliency');
  const files = (await readdir(folder)).filter((file) => file.startsWith(`${system}-`));
  const found = await Promise.all(
    files.map(async (file) => {
      const { scopes, spec } = parse(await readFile(join(folder, file), 'utf8')) as {
        scopes: string[];
        spec: {
          policies: { timeouts?: Record<string, string> };
          targets: { apps?: Record<string, { timeout?: string; circuitBreaker?: string }> };
        };
      };
      return Object.entries(spec.targets.apps ?? {}).flatMap(([to, { timeout = '', circuitBreaker }]) =>
        scopes
          .filter((from) => !from.endsWith('-gateway'))
          .map((from) => ({
            from: short(system, from),
            to: short(system, to),
            within: spec.policies.timeouts?.[timeout] ?? '',
            breaker: circuitBreaker !== undefined,
          })),
      );
    }),
  );
  return found.flat();
}

const short = (system: string, appId: string): string => appId.slice(system.length + 1);

/** Lines of a Mermaid flowchart: who asks whom, who tells whom what. */
async function picture(system: string, services: readonly string[]): Promise<string[]> {
  const { outlets } = await contractOf(system);
  const tellers = new Map((await published(system)).map(({ service, type }) => [type, service]));
  const told = new Map<string, Set<string>>();
  const add = (from: string | undefined, to: string, type: string): void => {
    if (!from) return;
    const edge = `${from} ${to}`;
    told.set(edge, (told.get(edge) ?? new Set()).add(type));
  };
  for (const { service, type } of await consumed(system)) add(tellers.get(type), service, type);
  for (const [type, whom] of Object.entries(outlets)) {
    const [first = ''] = whom.split(' ');
    if (services.includes(first)) add(tellers.get(type), first, type);
  }
  const entries = new Set(Object.values(routes[system] ?? {}).map((target) => short(system, target.split(' ')[0]!)));
  return [
    'flowchart LR',
    `  client([client]) --> gateway`,
    `  gateway --> ${[...entries].join(' & ')}`,
    ...(await calls(system)).map(
      ({ from, to, within, breaker }) => `  ${from} == "asks, ${within}${breaker ? ', breaker' : ''}" ==> ${to}`,
    ),
    ...[...told].map(([edge, types]) => `  ${edge.replace(' ', ` -. "${[...types].join('<br>')}" .-> `)}`),
  ];
}

/** Method, path and service of every public route. */
async function publicRoutes(system: string): Promise<string[]> {
  const rows = [...(await definitionsOf(system))].flatMap(([service, { routes, publicPaths }]) =>
    publicPaths.flatMap((path) => {
      const { outside, inside } = typeof path === 'string' ? { outside: path, inside: path } : path;
      const prefix = outside.slice(0, outside.length - inside.length);
      return routes
        .filter((one) => one.path === inside || one.path.startsWith(`${inside}/`))
        .map((one) => `| ${one.method.toUpperCase()} | \`${prefix}${one.path}\` | ${service} |`);
    }),
  );
  return ['| method | path | service |', '| --- | --- | --- |', ...rows];
}

async function events(system: string): Promise<string[]> {
  const { outlets } = await contractOf(system);
  const listeners = await consumed(system);
  const rows = (await published(system)).map(({ service, type, schema }) => {
    const heard = [...new Set(listeners.filter((one) => one.type === type).map((one) => one.service))];
    const fields = Object.keys((schema as unknown as { shape?: object }).shape ?? {});
    const whom = [...heard, ...(outlets[type] ? [outlets[type]] : [])].join(', ');
    return `| ${type} | ${service} | ${whom} | ${fields.map((field) => `\`${field}\``).join(', ')} |`;
  });
  return ['| event | told by | acted on by | fields |', '| --- | --- | --- | --- |', ...rows];
}

/** The scenes of the system's story, without playing them. */
async function scenes(system: string): Promise<string[]> {
  const { story } = (await import(`../run/stories/${system}.ts`)) as { story: Story };
  const titles: string[] = [];
  const stage: Stage = {
    scene: (title) => void titles.push(title),
    ask: async () => ({ id: 1 }),
    happens: async () => undefined,
  };
  await story.tell(stage);
  return titles;
}

/** The page of a system, from what its code, components and tests declare. */
export async function page(system: string): Promise<string> {
  const services = (await readTemplate(system))
    .map(({ appId }) => short(system, appId))
    .filter((one) => one !== 'gateway');
  const { about } = await contractOf(system);
  const gateway = (await readTemplate(system)).find(({ appId }) => appId === `${system}-gateway`);
  const lines = [
    `# ${system}`,
    '',
    '<!-- Written by ./run docs from what the code declares; a test says when it is not current. -->',
    '',
    about,
    '',
    '```sh',
    `./run up ${system} --detach      # entrance: http://localhost:${gateway?.ports.app}`,
    `./run scenario ${system}`,
    '```',
    '',
    '```mermaid',
    ...(await picture(system, services)),
    '```',
    '',
    'Thick: a synchronous call through the sidecars, with its time limit. Dotted: events on the topic of the system.',
    '',
    '## The story',
    '',
    ...(await scenes(system)).map((title) => title.replace(/^(\d+)\. /, '$1. ')),
    '',
    '## Routes',
    '',
    ...(await publicRoutes(system)),
    '',
    '## Events',
    '',
    ...(await events(system)),
    '',
    '## Acceptance scenarios',
    '',
    ...(await scenarioTable(system)),
    '',
  ];
  return lines.join('\n');
}
