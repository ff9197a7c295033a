import { modelOf, type ServiceModel, type SystemModel } from './model.ts';
import { drawSticker, picture, rectangle, type Sticker, stickerHeight, textLine } from './svg.ts';

/** The kinds of sticker, in the order in which one leads to the next, with the colours of the method. */
const COLUMNS = [
  { kind: 'command', fill: '#a9d6f5' },
  { kind: 'policy', fill: '#d9c2f0' },
  { kind: 'aggregate', fill: '#fff2a8' },
  { kind: 'event', fill: '#ffbf69' },
  { kind: 'read model', fill: '#b9e5b0' },
  { kind: 'external system', fill: '#ffb8cf' },
] as const;
type Kind = (typeof COLUMNS)[number]['kind'];

const WIDTH = 196;
const GAP = 14;
const MARGIN = 20;
const HEAD = 74;
const TOTAL = 2 * MARGIN + COLUMNS.length * (WIDTH + GAP) - GAP + 2 * GAP;

/** The texts of the stickers of one kind of a service, one list for each sticker, its title first. */
function textsOf(service: ServiceModel, kind: Kind, system: SystemModel): (readonly string[])[] {
  const askedBy = service.askedBy.length > 0 ? `asked by ${service.askedBy.join(', ')}` : 'for other services';
  switch (kind) {
    case 'command':
      return service.routes
        .filter(({ method }) => method !== 'GET')
        .map(({ method, path, isPublic }) => [`${method} ${path}`, ...(isPublic ? [] : [askedBy])]);
    case 'policy':
      return service.policies.map((type) => [`whenever ${type}`, `from ${system.publisherOf(type)}`]);
    case 'aggregate':
      return service.aggregates.map((name) => [name]);
    case 'event':
      return service.publishes.map((type) => {
        const consumers = system.consumersOf(type);
        return [type, consumers.length > 0 ? `to ${consumers.join(', ')}` : 'nobody in this system acts on it'];
      });
    case 'read model':
      return service.views.map(({ name, from }) => [name, `from ${from.join(', ')}`]);
    case 'external system':
      return [
        ...service.asks.map(({ to, within }) => [`service ${to}`, `asked, within ${within}`]),
        ...(service.external ? [[service.external]] : []),
      ];
  }
}

/** The lane of one service: its stickers in columns. */
function lane(service: ServiceModel, system: SystemModel, top: number): { height: number; content: string[] } {
  const content: string[] = [];
  let bottom = top + 30;
  for (const [index, { kind, fill }] of COLUMNS.entries()) {
    const x = MARGIN + GAP + index * (WIDTH + GAP);
    let y = top + 34;
    for (const [title, ...lines] of textsOf(service, kind, system)) {
      const sticker: Sticker = { kind, fill, title, lines };
      content.push(...drawSticker(sticker, x, y, WIDTH));
      y += stickerHeight(sticker, WIDTH) + 8;
    }
    bottom = Math.max(bottom, y);
  }
  const height = bottom + 6 - top;
  const frame = rectangle({ x: MARGIN, y: top, width: TOTAL - 2 * MARGIN, height }, { fill: '#f6f6f4', radius: 8 });
  const name = textLine(MARGIN + GAP, top + 22, service.name, { size: 16, bold: true });
  return { height, content: [frame, name, ...content] };
}

/** The event-storming board of a system: one lane for each service (bounded context), one column for each kind. */
export async function board(system: string): Promise<string> {
  const model = await modelOf(system);
  const content = [
    textLine(MARGIN, 32, `${system}: event storming`, { size: 20, bold: true }),
    ...COLUMNS.flatMap(({ kind, fill }, index) => {
      const x = MARGIN + GAP + index * (WIDTH + GAP);
      return [
        rectangle({ x, y: HEAD - 26, width: 14, height: 14 }, { fill }),
        textLine(x + 20, HEAD - 14, kind, { size: 13, bold: true }),
      ];
    }),
  ];
  let y = HEAD;
  for (const service of model.services) {
    const drawn = lane(service, model, y);
    content.push(...drawn.content);
    y += drawn.height + GAP;
  }
  return picture(`Event-storming board of ${system}`, TOTAL, y + MARGIN - GAP, content);
}
