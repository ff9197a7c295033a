import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../run/paths.ts';
import { contractOf } from './declared.ts';
import { documentOf } from './documents.ts';

/** `7-10, 15` as the numbers it means. */
const numbers = (text: string): number[] =>
  text.split(', ').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });

/** The folder of the scenario tests of a system. */
const folderOf = (system: string): string => `tests/${system}/scenarios`;

/** Which files have a test of which scenario: titles of tests begin with the numbers of what they show. */
export async function testsByScenario(system: string): Promise<Map<number, Set<string>>> {
  const folder = folderOf(system);
  const found = new Map<number, Set<string>>();
  // A new system has none yet.
  const names: string[] = await readdir(join(root, folder)).catch(() => []);
  for (const name of names.sort()) {
    const text = await readFile(join(root, folder, name), 'utf8');
    for (const [, , of = ''] of text.matchAll(/(['"`])(\d+(?:-\d+)?(?:, \d+(?:-\d+)?)*)\. given(?:(?!\1).)*\1/g))
      for (const number of numbers(of)) found.set(number, (found.get(number) ?? new Set()).add(name));
  }
  return found;
}

/** The sentence of a scenario as it stands in docs/systems: its links lead to the same places. */
const fromSystems = (sentence: string, system: string): string =>
  sentence.replaceAll('](#', `](../contracts/${system}.md#`).replaceAll('|', '\\|');

/** The table of every scenario of a contract, with the files whose tests show it. */
export async function scenarioTable(system: string): Promise<string[]> {
  const { elsewhere } = await contractOf(system);
  const { scenarios } = await documentOf(system);
  const tests = await testsByScenario(system);
  const rows = [...scenarios].map(([number, sentence]) => {
    const files = [...(tests.get(number) ?? [])].map(
      (file) => `[${file.replace('.spec.ts', '')}](../../${folderOf(system)}/${file})`,
    );
    const other = elsewhere[number];
    const by = [...files, ...(other ? [`_${other}_`] : [])].join(', ');
    return `| [${number}](../contracts/${system}.md#scenario-${number}) | ${fromSystems(sentence, system)} | ${by} |`;
  });
  return [
    'A test is found in its file by the number at the beginning of its title.',
    '',
    '| scenario | what has to be true | shown by |',
    '| --: | --- | --- |',
    ...rows,
  ];
}
