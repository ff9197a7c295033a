import { execFile } from 'node:child_process';
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
  const file = await bundle(`mutant-${mutants.indexOf(mutant)}`, [planted(mutant, places)]);
  if (places.count !== 1) throw new Error(`"${mutant.name}" fits in ${places.count} places instead of one`);
  return file;
}

/** Runs seeds with a mutant until one finds it, and prints its line of the table. @returns whether it was found */
async function found(mutant: Mutant, seeds: number, from: number): Promise<boolean> {
  const { name, system = 'lecture' } = mutant;
  const file = await bundleOf(mutant);
  const args = [file, '--system', system, '--seeds', String(seeds), '--from', String(from), '--first'];
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((ended) => {
    execFile(process.execPath, args, (_, stdout, stderr) => ended({ stdout, stderr }));
  });
  await rm(file);
  if (!/^simulation of /m.test(stdout)) throw new Error(`the simulation with "${name}" did not end: ${stderr}`);
  const seed = /^VIOLATION in \w+, seed (\d+)/m.exec(stdout)?.[1];
  const why = /^ {3}(.*)$/m.exec(stdout)?.[1] ?? stdout.trim().split('\n').at(-1) ?? '';
  console.log(`${(seed ?? 'not found').padStart(9)}  ${name.padEnd(58)}  ${system.padEnd(9)} ${why.slice(0, 110)}`);
  return seed !== undefined;
}

/** Hunts mutants, so many at a time. @returns how many were not found */
export async function hunt(
  names: readonly string[],
  { seeds, from, workers }: { readonly seeds: number; readonly from: number; readonly workers: number },
): Promise<number> {
  const chosen = mutants.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)));
  const left = [...chosen];
  let missed = 0;
  const lane = async (): Promise<void> => {
    for (let mutant = left.shift(); mutant; mutant = left.shift()) if (!(await found(mutant, seeds, from))) missed++;
  };
  await Promise.all(Array.from({ length: workers }, lane));
  console.log(`mutants: ${chosen.length} planted, ${missed} not found within ${seeds} seeds`);
  return missed;
}
