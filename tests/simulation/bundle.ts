import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '../..');
// In the tree, where its packages are found.
const folder = join(root, '.madang/simulation');

/**
 * Bundles the simulation for Node as it is: what runs TypeScript without a build gives every function its name when it is
 * made, which costs a third of the time here.
 * @returns the file, for `node`
 */
export async function bundle(name: string, plugins: Plugin[] = []): Promise<string> {
  const outfile = join(folder, `${name}-${process.pid}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, 'main.ts')],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
    logLevel: 'error',
    external: ['./mutate.ts', './bundle.ts', './workers.ts'],
    plugins,
  });
  return outfile;
}
