import { join } from 'node:path';
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
 * Python with these packages, which pip puts into the cache once, beside nothing else of the machine.
 * @param packages as pip takes them, each with its version
 * @throws Unavailable
 */
export async function pythonWith(packages: readonly string[]): Promise<Found> {
  const found = await python();
  const [, minor = ''] = found.version.split('.');
  const folder = join(cache, 'python', `3.${minor}`, packages.join('+').replaceAll('==', '-'));
  await makeOnce(folder, async (target) => {
    const install = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', '--target', target, ...packages];
    const { code, output } = await run([...found.command, ...install], { limitMs: 180_000 });
    if (code !== 0)
      throw new Unavailable(`${packages.join(' and ')} cannot be installed with pip: ${output.split('\n').at(-1)}`);
  });
  return { ...found, env: { PYTHONPATH: folder } };
}
