import { routes } from '../../services/gateway/routes.ts';
import { asyncapi } from '../generate/asyncapi.ts';
import type { Stage, Story } from '../run/cli/scenario.ts';
import { readTemplate } from '../run/infrastructure/templates.ts';
import { consumed, contractOf, published } from './declared.ts';
import { calls, routesOf, short } from './routes.ts';
import { scenarioTable } from './scenarios.ts';

/** Lines of a Mermaid flowchart: who asks whom, who publishes what for whom. */
async function picture(system: string, services: readonly string[]): Promise<string[]> {
  const { outlets } = await contractOf(system);
  const publishers = new Map((await published(system)).map(({ service, type }) => [type, service]));
  const edges = new Map<string, Set<string>>();
  const add = (from: string | undefined, to: string, type: string): void => {
    if (!from) return;
    const edge = `${from} ${to}`;
    edges.set(edge, (edges.get(edge) ?? new Set()).add(type));
  };
  for (const { service, type } of await consumed(system)) add(publishers.get(type), service, type);
  for (const [type, whom] of Object.entries(outlets)) {
    const [first = ''] = whom.split(' ');
    if (services.includes(first)) add(publishers.get(type), first, type);
  }
  const entries = new Set(Object.values(routes[system] ?? {}).map((target) => short(system, target.split(' ')[0]!)));
  return [
    'flowchart LR',
    `  client([client]) --> gateway`,
    `  gateway --> ${[...entries].join(' & ')}`,
    ...(await calls(system)).map(
      ({ from, to, within, breaker }) => `  ${from} == "asks, ${within}${breaker ? ', breaker' : ''}" ==> ${to}`,
    ),
    ...[...edges].map(([edge, types]) => `  ${edge.replace(' ', ` -. "${[...types].join('<br>')}" .-> `)}`),
  ];
}

/** The table of every public route. */
async function publicRoutes(system: string, services: readonly string[]): Promise<string[]> {
  const rows = (await routesOf(system, services))
    .filter(({ isPublic }) => isPublic)
    .map(({ method, path, service }) => `| ${method} | \`${path}\` | ${service} |`);
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
  return ['| event | published by | acted on by | fields |', '| --- | --- | --- | --- |', ...rows];
}

/** The scenes of the system's story, without playing them. */
async function scenes(system: string): Promise<string[]> {
  const { story } = (await import(`../run/cli/stories/${system}.ts`)) as { story: Story };
  const titles: string[] = [];
  const stage: Stage = {
    scene: (title) => void titles.push(title),
    ask: async () => ({ id: 1 }),
    happens: async () => undefined,
  };
  await story.play(stage);
  return titles;
}

/** Where programs read what the system takes, sends and answers. */
async function forPrograms(system: string, services: readonly string[]): Promise<string> {
  const described = [...(await asyncapi(system, services, '')).keys()];
  const links = described.map((name) => `[${name}](../asyncapi/${system}/${name}.json)`);
  return `For programs: [OpenAPI](../openapi/${system}.json) of the entrance, also at its \`/openapi.json\`; AsyncAPI of ${links.join(', ')}.`;
}

/** The page of a system, from what its code, components and tests declare. */
export async function page(system: string): Promise<string> {
  const template = await readTemplate(system);
  const services = template.map(({ name }) => name).filter((name) => name !== 'gateway');
  const { about } = await contractOf(system);
  const gateway = template.find(({ name }) => name === 'gateway');
  const lines = [
    `# ${system}`,
    '',
    '<!-- Written by ./run docs from what the code declares; a test says when it is not current. -->',
    '',
    about,
    '',
    `The contract: [people, resources, events, sagas, oddities and figures](../contracts/${system}.md). Words: [glossary](../glossary.md).`,
    '',
    await forPrograms(system, services),
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
    '## Event storming',
    '',
    'What each service is asked for, what it does by itself, and what it publishes. Each sticker says what kind it is.',
    '',
    `![Event-storming board of ${system}](${system}-board.svg)`,
    '',
    '## Hexagons',
    '',
    'What reaches each service (left) and what it reaches (right). Solid: request and response. Dashed: events.',
    '',
    `![Hexagons of ${system}](${system}-hexagon.svg)`,
    '',
    '## The story',
    '',
    ...(await scenes(system)).map((title) => title.replace(/^(\d+)\. /, '$1. ')),
    '',
    '## Routes',
    '',
    ...(await publicRoutes(system, services)),
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
