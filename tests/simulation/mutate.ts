import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { type Mutant, mutants } from './mutants.ts';

const root = resolve(import.meta.dirname, '../..');
// In the tree, where its packages are found.
const folder = join(root, '.madang/simulation');

/** Puts a mutant into the source text. */
function planted(mutant: Mutant, places: { count: number }): Plugin {
  return {
    name: 'mutant',
    setup(bundle) {
      bundle.onLoad({ filter: /[/\\]services[/\\].*\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!text.includes(mutant.from)) return undefined;
        places.count += text.split(mutant.from).length - 1;
        return { contents: text.replace(mutant.from, () => mutant.to), loader: 'ts' };
      });
    },
  };
}

/** Bundles the simulation with one mutant. @throws Error where its text does not stand in exactly one place */
async function bundleOf(mutant: Mutant): Promise<string> {
  const places = { count: 0 };
  const outfile = join(folder, 'mutant.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'main.ts')],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
    logLevel: 'error',
    external: ['./mutate.ts'],
    plugins: [planted(mutant, places)],
  });
  if (places.count !== 1) throw new Error(`"${mutant.name}" fits in ${places.count} places instead of one`);
  return outfile;
}

/** Runs seeds with each mutant until one finds it, and prints the table. @returns how many were not found */
export async function hunt(names: readonly string[], seeds: number): Promise<number> {
  await mkdir(folder, { recursive: true });
  const chosen = mutants.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  let missed = 0;
  for (const mutant of chosen) {
    const { name, system = 'lecture' } = mutant;
    const args = [await bundleOf(mutant), '--system', system, '--seeds', String(seeds), '--first'];
    const { stdout, stderr } = spawnSync('node', ['--enable-source-maps', ...args], { cwd: root, encoding: 'utf8' });
    if (!/^simulation of /m.test(stdout)) throw new Error(`the simulation with "${name}" did not end: ${stderr}`);
    const found = /^VIOLATION in \w+, seed (\d+)/m.exec(stdout)?.[1];
    if (found === undefined) missed++;
    const why = /^ {3}(.*)$/m.exec(stdout)?.[1] ?? stdout.trim().split('\n').at(-1) ?? '';
    console.log(`${(found ?? 'not found').padStart(9)}  ${name.padEnd(58)}  ${system.padEnd(9)} ${why.slice(0, 110)}`);
  }
  await rm(folder, { recursive: true, force: true });
  console.log(`mutants: ${chosen.length} planted, ${missed} not found within ${seeds} seeds`);
  return missed;
}
