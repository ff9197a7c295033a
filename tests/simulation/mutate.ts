import { spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { bundle } from './bundle.ts';
import { type Mutant, mutants } from './mutants.ts';

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
  const file = await bundle('mutant', [planted(mutant, places)]);
  if (places.count !== 1) throw new Error(`"${mutant.name}" fits in ${places.count} places instead of one`);
  return file;
}

/** Runs seeds with each mutant until one finds it, and prints the table. @returns how many were not found */
export async function hunt(names: readonly string[], seeds: number): Promise<number> {
  const chosen = mutants.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  let missed = 0;
  for (const mutant of chosen) {
    const { name, system = 'lecture' } = mutant;
    const file = await bundleOf(mutant);
    const args = [file, '--system', system, '--seeds', String(seeds), '--first'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    await rm(file);
    if (!/^simulation of /m.test(stdout)) throw new Error(`the simulation with "${name}" did not end: ${stderr}`);
    const found = /^VIOLATION in \w+, seed (\d+)/m.exec(stdout)?.[1];
    if (found === undefined) missed++;
    const why = /^ {3}(.*)$/m.exec(stdout)?.[1] ?? stdout.trim().split('\n').at(-1) ?? '';
    console.log(`${(found ?? 'not found').padStart(9)}  ${name.padEnd(58)}  ${system.padEnd(9)} ${why.slice(0, 110)}`);
  }
  console.log(`mutants: ${chosen.length} planted, ${missed} not found within ${seeds} seeds`);
  return missed;
}
