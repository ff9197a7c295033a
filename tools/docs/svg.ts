/** Small pieces of SVG. Nothing measures text when the picture is written, so widths are estimated, rather too wide. */

/** Width of a character in units of the font size, of the widest of the usual sans-serif fonts. */
function widthOf(character: string): number {
  if (/[ijl.,:;'|! ]/.test(character)) return 0.38;
  if (/[frt()/-]/.test(character)) return 0.46;
  if (/[mwMW@%]/.test(character)) return 1;
  if (/[A-Z0-9_]/.test(character)) return 0.76;
  return character.charCodeAt(0) > 0x2e7f ? 1.05 : 0.65;
}

/** Bold text is so much wider. */
const BOLD = 1.14;

export const textWidth = (text: string, size: number): number =>
  [...text].reduce((sum, character) => sum + widthOf(character), 0) * size;

/** Where a name may be broken: before a capital or a slash. */
const pieces = (name: string): string[] => name.split(/(?<=[a-z])(?=[A-Z])|(?=\/)/);

/** The lines of a text of at most this width. A name is broken only where it is wider by itself. */
export function wrap(text: string, width: number, size: number): string[] {
  const fits = (line: string): boolean => textWidth(line, size) <= width;
  const lines: string[] = [''];
  const put = (part: string, space: string, smaller: (part: string) => string[]): void => {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? part : line + space + part;
    if (fits(longer)) lines[lines.length - 1] = longer;
    else if (fits(part)) lines.push(part);
    else {
      const [first = '', ...others] = smaller(part);
      put(first, space, (one) => [...one]);
      for (const other of others) put(other, '', (one) => [...one]);
    }
  };
  for (const word of text.split(' ')) put(word, ' ', pieces);
  return lines;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const INK = '#1b1b1b';

export interface Style {
  readonly size: number;
  readonly bold?: boolean;
  readonly fill?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** One line of text; `y` is its baseline. */
export const textLine = (x: number, y: number, text: string, { size, bold, fill = INK, anchor }: Style): string =>
  `<text x="${x}" y="${y}" font-size="${size}" fill="${fill}"${bold ? ' font-weight="bold"' : ''}${
    anchor ? ` text-anchor="${anchor}"` : ''
  }>${escaped(text)}</text>`;

export const rectangle = (
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  { fill, stroke = '#555555', radius = 3 }: { fill: string; stroke?: string; radius?: number },
): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}" fill="${fill}" stroke="${stroke}"/>`;

/** A straight line; a dashed one stands for events. */
export const straight = (
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  dashed = false,
): string =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#333333" stroke-width="1.5"${
    dashed ? ' stroke-dasharray="5 4"' : ''
  } marker-end="url(#arrow)"/>`;

/** A box with a small heading that says its kind, and texts below it, wrapped to its width. */
export interface Sticker {
  readonly kind: string;
  readonly fill: string;
  /** In bold, above the other texts. */
  readonly title?: string | undefined;
  readonly lines: readonly string[];
}

const PADDING = 8;
const SIZE = 12;
const LEADING = 15;

function textOf({ title, lines }: Sticker, width: number): { text: string; bold: boolean }[] {
  const inside = width - 2 * PADDING;
  return [
    ...(title ? wrap(title, inside / BOLD, SIZE).map((text) => ({ text, bold: true })) : []),
    ...lines.flatMap((line) => wrap(line, inside, SIZE)).map((text) => ({ text, bold: false })),
  ];
}

export const stickerHeight = (sticker: Sticker, width: number): number => 30 + textOf(sticker, width).length * LEADING;

export const drawSticker = (sticker: Sticker, x: number, y: number, width: number): string[] => [
  rectangle({ x, y, width, height: stickerHeight(sticker, width) }, { fill: sticker.fill }),
  textLine(x + PADDING, y + 14, sticker.kind, { size: 10, fill: '#444444' }),
  ...textOf(sticker, width).map(({ text, bold }, index) =>
    textLine(x + PADDING, y + 31 + index * LEADING, text, { size: SIZE, bold }),
  ),
];

/** The whole picture, on a ground of its own, so that it can be read on a dark page, too. */
export const picture = (title: string, width: number, height: number, content: readonly string[]): string =>
  `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Verdana, DejaVu Sans, sans-serif" role="img">`,
    `<title>${escaped(title)}</title>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#333333"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...content,
    '</svg>',
  ].join('\n')}\n`;
