import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cache } from '../paths.ts';
import { type Found, firstOf, installed, makeOnce, run, Unavailable } from './ways.ts';

async function examine(path: string, way: string): Promise<Found | undefined> {
  const { output } = await run([path, '--version'], { limitMs: 10_000 });
  const [, version = '', minor = '0'] = /Python (3\.(\d+)\S*)/.exec(output) ?? [];
  return Number(minor) >= 9 ? { name: 'Python', version, way, command: [path], env: {} } : undefined;
}

export const python = (): Promise<Found> =>
  firstOf(
    [installed(['python3', 'python'], examine, ['/opt/homebrew/bin'])],
    'Python is missing: install Python 3.9 or later, the alert service is written in it',
  );

/**
 * Python with packages, which pip puts into the cache once, beside nothing else of the machine.
 * @param requirements a file that names each package, the ones that they need too, with version and checksums
 * @throws Unavailable: a package cannot be had, or is not what its checksum says
 */
export async function pythonWith(requirements: string): Promise<Found> {
  const found = await python();
  const [, minor = ''] = found.version.split('.');
  const content = createHash('sha256').update(await readFile(requirements));
  const folder = join(cache, 'python', `3.${minor}`, content.digest('hex').slice(0, 16));
  await makeOnce(folder, async (target) => {
    const options = ['--quiet', '--only-binary', ':all:', '--require-hashes', '--target', target, '-r', requirements];
    const { code, output } = await run([...found.command, '-m', 'pip', 'install', ...options], { limitMs: 180_000 });
    const lines = output.split('\n');
    const reason = lines.find((line) => line.startsWith('ERROR: ')) ?? lines.at(-1);
    if (code !== 0) throw new Unavailable(`pip cannot install ${basename(requirements)}: ${reason}`);
  });
  return { ...found, env: { PYTHONPATH: folder } };
}
