import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systems } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { board } from './board.ts';
import { consoleModel } from './console-model.ts';
import { hexagons } from './hexagon.ts';
import { page } from './pages.ts';

/** The generated files of a system: name and content. */
export const filesOf = async (system: string): Promise<[name: string, content: string][]> => [
  [`${system}.md`, await page(system)],
  [`${system}-board.svg`, await board(system)],
  [`${system}-hexagon.svg`, await hexagons(system)],
];

/** What the console knows of each system, as a file of its sources. */
export const models = async (): Promise<string> =>
  `${JSON.stringify(Object.fromEntries(await Promise.all((await systems()).map(async (one) => [one, await consoleModel(one)]))), null, 2)}\n`;

/**
 * `./run docs`: writes what the code declares to docs/systems, for readers and for the console.
 * `--pictures`: instead takes those in docs/pictures anew, from the lecture system that runs.
 */
export async function main(args: readonly string[] = []): Promise<number> {
  if (args.includes('--pictures')) {
    await (await import('./pictures.ts')).pictures();
    return 0;
  }
  const folder = join(root, 'docs/systems');
  await mkdir(folder, { recursive: true });
  for (const system of await systems())
    for (const [name, content] of await filesOf(system)) await writeFile(join(folder, name), content);
  await writeFile(join(folder, 'model.json'), await models());
  return 0;
}
