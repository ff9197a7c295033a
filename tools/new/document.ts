import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../run/paths.ts';
import type { Words } from './render.ts';

/** The end of a chapter: the next heading of its kind, or the end of the text. */
function endOf(text: string, heading: string, path: string): number {
  const begin = text.indexOf(`\n${heading}\n`);
  if (begin < 0) throw new Error(`${path} has no chapter "${heading}".`);
  const next = text.indexOf('\n## ', begin + heading.length);
  return next < 0 ? text.length : next;
}

const inserted = (text: string, at: number, more: string): string => text.slice(0, at) + more + text.slice(at);

/**
 * Names a new service in the contract of its system: a row in the table of services, and a chapter for its resources.
 * @param resources the chapter, in Markdown
 */
export async function addToContract(system: string, words: Words, resources: string): Promise<string> {
  const path = `docs/contracts/${system}.md`;
  const { name, source, Event } = words;
  let text = await readFile(join(root, path), 'utf8');
  const row = `| \`${name}\` | supporting | one record for each ${source}, with a note | \`${Event}\` | nothing |\n`;
  const table = text.lastIndexOf('\n|', endOf(text, '## Services', path)) + 1;
  text = inserted(text, text.indexOf('\n', table) + 1, row);
  text = inserted(text, endOf(text, '## Resources', path), `\n${resources}`);
  await writeFile(join(root, path), text);
  return path;
}
