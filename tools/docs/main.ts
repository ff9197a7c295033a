import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../run/paths.ts';
import { systems } from '../run/templates.ts';
import { model } from './model.ts';
import { page } from './pages.ts';

/** What the console knows of each system, as a file of its sources. */
export const models = async (): Promise<string> =>
  `${JSON.stringify(Object.fromEntries(await Promise.all((await systems()).map(async (one) => [one, await model(one)]))), null, 2)}\n`;

/** `./run docs`: writes docs/systems/<system>.md, and what the console knows of the systems. */
export async function main(): Promise<number> {
  await mkdir(join(root, 'docs/systems'), { recursive: true });
  for (const system of await systems()) await writeFile(join(root, 'docs/systems', `${system}.md`), await page(system));
  await writeFile(join(root, 'docs/systems/model.json'), await models());
  return 0;
}
