import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../run/paths.ts';
import { contractOf } from './declared.ts';

export interface Shown {
  readonly file: string;
  readonly test: string;
}

/** `7-10, 15` as the numbers it means. */
const numbers = (text: string): number[] =>
  text.split(', ').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });

/** Which tests play which scenario: their names begin with its number. */
export async function shown(system: string): Promise<Map<number, Shown[]>> {
  const folder = join('tests', system, 'scenarios');
  const found = new Map<number, Shown[]>();
  for (const name of (await readdir(join(root, folder))).sort()) {
    const text = await readFile(join(root, folder, name), 'utf8');
    for (const [, , of = '', test = ''] of text.matchAll(
      /(['"`])(\d+(?:-\d+)?(?:, \d+(?:-\d+)?)*)\. (given(?:(?!\1).)*)\1/g,
    ))
      for (const number of numbers(of)) found.set(number, [...(found.get(number) ?? []), { file: name, test }]);
  }
  return found;
}

/** The table of every scenario of a contract, with what shows it. */
export async function scenarioTable(system: string): Promise<string[]> {
  const { scenarios, elsewhere } = await contractOf(system);
  const tests = await shown(system);
  const rows = Array.from({ length: scenarios }, (_, index) => {
    const number = index + 1;
    const by = (tests.get(number) ?? []).map(
      ({ file, test }) =>
        `${test.replaceAll('|', '\\|')} ([${file.replace('.spec.ts', '')}](../../tests/${system}/scenarios/${file}))`,
    );
    const other = elsewhere[number];
    return `| ${number} | ${[...by, ...(other ? [`_${other}_`] : [])].join('<br>')} |`;
  });
  return ['| scenario | shown by |', '| --: | --- |', ...rows];
}
