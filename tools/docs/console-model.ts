import dagre from '@dagrejs/dagre';
import { routes } from '../../services/gateway/routes.ts';
import type { MapLine, Setting, SystemModel } from '../console/model/system.ts';
import { keysOf } from '../run/infrastructure/configuration-keys.ts';
import { readTemplate } from '../run/infrastructure/templates.ts';
import { consumed, contractOf, published } from './declared.ts';
import { calls, short } from './routes.ts';

/** The model of a system, from what its code, components and ConfigMap declare. */
export async function consoleModel(system: string): Promise<SystemModel> {
  const names = (await readTemplate(system)).map(({ appId }) => short(system, appId));
  const events = await eventsOf(system, names);
  const called = await calls(system);
  const entrances = [...new Set(Object.values(routes[system] ?? {}).map((to) => short(system, to.split(' ')[0]!)))];
  return {
    ...placed(names, [
      ...entrances.map((to) => ({ kind: 'command' as const, from: 'gateway', to, about: 'commands of clients' })),
      ...called.map(({ from, to, within }) => ({ kind: 'call' as const, from, to, about: `asks, within ${within}` })),
      ...eventLines(events),
    ]),
    events,
    configuration: await settings(system),
  };
}

/** One line for all events between the same two services. */
function eventLines(events: SystemModel['events']): Omit<MapLine, 'points'>[] {
  const lines = new Map<string, Omit<MapLine, 'points'>>();
  for (const { by, to, type } of events)
    for (const one of to) {
      const about = [lines.get(`${by}>${one}`)?.about ?? [], type].flat().join(', ');
      lines.set(`${by}>${one}`, { kind: 'event', from: by, to: one, about });
    }
  return [...lines.values()];
}

async function eventsOf(system: string, names: readonly string[]): Promise<SystemModel['events'][number][]> {
  const { outlets } = await contractOf(system);
  const listeners = await consumed(system);
  return (await published(system)).map(({ service, type }) => {
    const [outlet = ''] = (outlets[type] ?? '').split(/[ ,]/);
    const heard = listeners.filter((one) => one.type === type).map((one) => one.service);
    return { type, by: service, to: [...new Set([...heard, ...(names.includes(outlet) ? [outlet] : [])])] };
  });
}

/** Places that follow the flow, the same each time; nothing is laid out while somebody looks. */
function placed(names: readonly string[], edges: readonly Omit<MapLine, 'points'>[]) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 50, edgesep: 26, ranksep: 90 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const name of names) graph.setNode(name, { width: WIDTH, height: HEIGHT });
  for (const { from, to, kind } of edges) graph.setEdge(from, to, {}, kind);
  dagre.layout(graph);
  const places = names.map((name) => ({ name, ...point(graph.node(name) as Point) }));
  const ways = edges.map((edge) => {
    const { points } = graph.edge(edge.from, edge.to, edge.kind) as { points: Point[] };
    return { edge, points: (edge.from === edge.to ? loop(graph.node(edge.from) as Point) : points).map(point) };
  });
  // Lines may lead around the services, outside of what the layout takes for its size.
  const all = [...places.flatMap(({ x, y }) => corners(x, y)), ...ways.flatMap(({ points }) => points)];
  const left = Math.min(...all.map(({ x }) => x)) - MARGIN;
  const top = Math.min(...all.map(({ y }) => y)) - MARGIN;
  return {
    services: places.map(({ name, x, y }) => ({ name, x: x - left, y: y - top })),
    lines: ways.map(({ edge, points }) => ({
      ...edge,
      points: points.map(({ x, y }) => `${x - left},${y - top}`).join(' '),
    })),
    width: Math.max(...all.map(({ x }) => x)) - left + MARGIN,
    height: Math.max(...all.map(({ y }) => y)) - top + MARGIN,
  };
}

const MARGIN = 16;
const [WIDTH, HEIGHT] = [150, 64];
const point = ({ x, y }: Point): Point => ({ x: Math.round(x), y: Math.round(y) });
const corners = (x: number, y: number): Point[] => [
  { x: x - WIDTH / 2, y: y - HEIGHT / 2 },
  { x: x + WIDTH / 2, y: y + HEIGHT / 2 },
];

interface Point {
  readonly x: number;
  readonly y: number;
}

/** From a service over its head back to itself. */
const loop = ({ x, y }: Point): Point[] => [
  { x: x - 25, y: y - 32 },
  { x: x - 45, y: y - 68 },
  { x: x + 45, y: y - 68 },
  { x: x + 25, y: y - 32 },
];

/** The keys of the ConfigMap, with what operators read of them, and which services read them. */
async function settings(system: string): Promise<Setting[]> {
  const found = new Map<string, Setting>();
  for (const [service, keys] of await keysOf(system))
    for (const [key, { value, about }] of keys)
      found.set(key, { key, value, about, readers: [...(found.get(key)?.readers ?? []), service].sort() });
  return [...found.values()];
}
