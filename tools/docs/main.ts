import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../run/paths.ts';
import { systems } from '../run/templates.ts';
import { board } from './board.ts';
import { hexagons } from './hexagon.ts';
import { page } from './pages.ts';

/** The generated files of a system: name and content. */
export const filesOf = async (system: string): Promise<[name: string, content: string][]> => [
  [`${system}.md`, await page(system)],
  [`${system}-board.svg`, await board(system)],
  [`${system}-hexagon.svg`, await hexagons(system)],
];

/** `./run docs`: writes what the code declares to docs/systems. */
export async function main(): Promise<number> {
  const folder = join(root, 'docs/systems');
  await mkdir(folder, { recursive: true });
  for (const system of await systems())
    for (const [name, content] of await filesOf(system)) await writeFile(join(folder, name), content);
  return 0;
}
