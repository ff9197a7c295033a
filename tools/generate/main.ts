import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../run/paths.ts';
import { outputs } from './outputs.ts';

/** `./run generate`: writes every file that is derived from what the services declare. */
export async function main(): Promise<number> {
  for (const [path, text] of await outputs()) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return 0;
}
