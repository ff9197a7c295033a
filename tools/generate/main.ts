import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systems } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { outputs } from './outputs.ts';
import { undeclared } from './resiliency.ts';

/** `./run generate`: writes every file that is derived from what the services declare, and removes what nobody declares any more. */
export async function main(): Promise<number> {
  const files = await outputs();
  for (const [path, text] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  for (const path of await undeclared(await systems(), files)) await rm(join(root, path));
  return 0;
}
