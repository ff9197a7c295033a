import { modelOf, type ServiceModel, type SystemModel } from './model.ts';
import { drawSticker, picture, type Sticker, stickerHeight, straight, textLine, wrap } from './svg.ts';

const TOTAL = 1240;
const MARGIN = 20;
const BOX = 390;
const RADIUS = 120;
const GAP = 10;
const CENTRE = TOTAL / 2;

/** A box beside the hexagon, and whether events go along its line. */
interface Adapter extends Sticker {
  readonly dashed: boolean;
}

const request = '#e3eef7';
const events = '#fde8cc';
const stores = '#ececec';

/** The methods of each public collection, as `GET POST /courses`. */
function collections(service: ServiceModel): string[] {
  const methods = new Map<string, Set<string>>();
  for (const { method, path, isPublic } of service.routes) {
    if (!isPublic) continue;
    const collection = path.replace(/\/(:.*|search\/.*)$/, '');
    methods.set(collection, (methods.get(collection) ?? new Set()).add(method));
  }
  return [...methods].map(([collection, verbs]) => `${collection} ${[...verbs].join(' ')}`);
}

/** What comes in: requests of clients, requests of services, events. */
function inbound(service: ServiceModel, system: SystemModel): Adapter[] {
  const internal = service.routes.filter(({ isPublic }) => !isPublic).map(({ method, path }) => `${path} ${method}`);
  const followed = [...new Set([...service.policies, ...service.views.flatMap(({ from }) => from)])];
  const said = followed.map((type) => `${type} (${system.publisherOf(type)})`);
  return [
    { kind: 'HTTP, through the gateway', fill: request, lines: collections(service), dashed: false },
    {
      kind: `HTTP, from ${service.askedBy.join(', ') || 'other services'}`,
      fill: request,
      lines: internal,
      dashed: false,
    },
    { kind: 'events, from the topic', fill: events, lines: said, dashed: true },
  ].filter(({ lines }) => lines.length > 0);
}

/** What goes out: the store, events, requests to services, systems of others. */
function outbound(service: ServiceModel): Adapter[] {
  const asked = service.asks.map(({ to, within, breaker }) => `${to}, within ${within}${breaker ? ', breaker' : ''}`);
  const kept = [...service.aggregates, ...service.views.map(({ name }) => name)];
  return [
    { kind: 'state store', fill: stores, lines: kept.length > 0 ? [kept.join(', ')] : [], dashed: false },
    { kind: 'HTTP, to other services', fill: request, lines: asked, dashed: false },
    { kind: 'events, to the topic', fill: events, lines: service.publishes, dashed: true },
    { kind: 'outside', fill: '#ffd9e5', lines: service.external ? [service.external] : [], dashed: false },
  ].filter(({ lines }) => lines.length > 0);
}

const heightOf = (adapters: readonly Adapter[]): number =>
  adapters.reduce((sum, adapter) => sum + stickerHeight(adapter, BOX) + GAP, -GAP);

/** The boxes of one side, centred beside the hexagon, with their lines. */
function side(adapters: readonly Adapter[], isLeft: boolean, middle: number): string[] {
  const x = isLeft ? MARGIN : TOTAL - MARGIN - BOX;
  let y = middle - heightOf(adapters) / 2;
  return adapters.flatMap((adapter, index) => {
    const height = stickerHeight(adapter, BOX);
    const box: [number, number] = [isLeft ? x + BOX : x, y + height / 2];
    const spread = (index - (adapters.length - 1) / 2) * 34;
    const edge: [number, number] = [CENTRE + (isLeft ? -1 : 1) * (RADIUS - Math.abs(spread) * 0.58), middle + spread];
    const drawn = drawSticker(adapter, x, y, BOX);
    y += height + GAP;
    return [...drawn, isLeft ? straight(box, edge, adapter.dashed) : straight(edge, box, adapter.dashed)];
  });
}

/** The hexagon itself: the domain, which knows nothing of what is around it. */
function core(service: ServiceModel, middle: number): string[] {
  const rise = RADIUS * 0.866;
  const corners = [
    [RADIUS, 0],
    [RADIUS / 2, rise],
    [-RADIUS / 2, rise],
    [-RADIUS, 0],
    [-RADIUS / 2, -rise],
    [RADIUS / 2, -rise],
  ].map(([x = 0, y = 0]) => `${CENTRE + x},${(middle + y).toFixed(1)}`);
  const names = wrap(
    service.aggregates.join(', ') || service.views.map(({ name }) => name).join(', '),
    1.15 * RADIUS,
    11,
  );
  const centred = { anchor: 'middle' } as const;
  return [
    `<polygon points="${corners.join(' ')}" fill="#fff2a8" stroke="#555555" stroke-width="2"/>`,
    textLine(CENTRE, middle - 50, service.name, { size: 17, bold: true, ...centred }),
    textLine(CENTRE, middle - 32, 'domain', { size: 11, fill: '#444444', ...centred }),
    ...names.map((line, index) => textLine(CENTRE, middle - 8 + index * 15, line, { size: 11, ...centred })),
  ];
}

/** One hexagon for each service of a system, with its adapters. */
export async function hexagons(system: string): Promise<string> {
  const model = await modelOf(system);
  const content = [
    textLine(MARGIN, 32, `${system}: hexagons`, { size: 20, bold: true }),
    textLine(
      MARGIN,
      54,
      'left: what reaches the service; right: what it reaches; solid: request and response; dashed: events',
      {
        size: 12,
      },
    ),
  ];
  let y = 76;
  for (const service of model.services) {
    const [left, right] = [inbound(service, model), outbound(service)];
    const height = Math.max(heightOf(left), heightOf(right), 2 * RADIUS * 0.866);
    const middle = Math.round(y + height / 2);
    content.push(...side(left, true, middle), ...side(right, false, middle), ...core(service, middle));
    y += height + 36;
  }
  return picture(`Hexagons of ${system}`, TOTAL, Math.ceil(y), content);
}
