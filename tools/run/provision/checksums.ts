import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Tampered } from './ways.ts';

/** The committed checksums, by file name. */
export async function committed(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(import.meta.dirname, 'checksums.txt'), 'utf8');
  return new Map([...text.matchAll(/^([0-9a-f]{64}|[0-9a-f]{128}) {2}(\S+)$/gm)].map(([, sum, name]) => [name!, sum!]));
}

/**
 * Refuses a file that has another content than the one of this name has.
 *
 * @param file path of what was downloaded
 * @param name its name in the table, if another than the path's last part
 * @param published what its publisher says, for a file that the table lacks: a checksum, or a text that begins with one
 * @throws Tampered when the content is another one, or when nobody says which it has to be
 */
export async function verify(file: string, name = basename(file), published?: string): Promise<void> {
  const said = /^([0-9a-f]{128}|[0-9a-f]{64})\b/i.exec(published?.trim() ?? '')?.[1]?.toLowerCase();
  const wanted = (await committed()).get(name) ?? said;
  if (!wanted) throw new Tampered(`${name} is refused: no checksum of it is known.`);
  const hash = createHash(wanted.length === 128 ? 'sha512' : 'sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found === wanted) return;
  throw new Tampered(
    `${name} is refused: its checksum is ${found.slice(0, 16)}..., expected ${wanted.slice(0, 16)}...`,
  );
}

/** Refuses a folder with a file that is not the one of its name in the table. */
export async function verifyAll(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await verify(join(folder, name));
}
