import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../run/paths.ts';

/** What stands for `{{word}}` in the files of a template and in their names. */
export type Words = Readonly<Record<string, string>>;

const END = '.tmpl';

const filled = (text: string, words: Words): string =>
  text.replace(/\{\{(\w+)\}\}/g, (_, word: string) => {
    const value = words[word];
    if (value === undefined) throw new Error(`a template names {{${word}}}, which nobody gives.`);
    return value;
  });

/**
 * Writes the files of a template.
 * @param template a folder of tools/new/templates
 * @param target the folder they go to, from the root of the repository
 * @returns their paths from there
 */
export async function render(template: string, target: string, words: Words): Promise<string[]> {
  const from = join(import.meta.dirname, 'templates', template);
  const names = (await readdir(from, { recursive: true })).filter((name) => name.endsWith(END)).sort();
  const written: string[] = [];
  for (const name of names) {
    const path = join(target, filled(name.slice(0, -END.length), words));
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), filled(await readFile(join(from, name), 'utf8'), words), { flag: 'wx' });
    written.push(path);
  }
  return written;
}
