import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../run/paths.ts';
import { systems } from '../run/templates.ts';
import { page } from './pages.ts';

/** `./run docs`: writes docs/systems/<system>.md. */
export async function main(): Promise<number> {
  await mkdir(join(root, 'docs/systems'), { recursive: true });
  for (const system of await systems()) await writeFile(join(root, 'docs/systems', `${system}.md`), await page(system));
  return 0;
}
