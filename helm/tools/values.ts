import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Chart README: its table of values is made of values.yaml (`npx tsx helm/tools/values.ts`); a test compares. */

const chart = join(import.meta.dirname, '../madang');
const BEGIN = '<!-- values -->\n';
const END = '<!-- /values -->';

export interface Explained {
  path: string;
  meaning: string;
  value: unknown;
}

const at = (values: unknown, path: string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], values);

/** Every value that a `# --` comment explains, and those nobody explains. */
export function explained(text: string): { values: Explained[]; unexplained: string[] } {
  const all: unknown = parse(text);
  const values: Explained[] = [];
  const unexplained: string[] = [];
  const path: { indent: number; key: string; covered: boolean }[] = [];
  let comment: string[] = [];
  for (const line of text.split('\n')) {
    const [, remark] = /^\s*# ?(.*)$/.exec(line) ?? [];
    if (remark !== undefined) {
      if (remark.startsWith('-- ')) comment = [remark.slice(3)];
      else if (comment.length) comment.push(remark);
      continue;
    }
    const [, space = '', key] = /^(\s*)([\w-]+):/.exec(line) ?? [];
    if (key !== undefined) {
      while ((path.at(-1)?.indent ?? -1) >= space.length) path.pop();
      const covered = path.some((outer) => outer.covered);
      path.push({ indent: space.length, key, covered: covered || comment.length > 0 });
      const keys = path.map((outer) => outer.key);
      const value = at(all, keys);
      const isGroup = typeof value === 'object' && value !== null && /:\s*$/.test(line);
      if (comment.length) values.push({ path: keys.join('.'), meaning: comment.join(' '), value });
      else if (!covered && !isGroup) unexplained.push(keys.join('.'));
    }
    comment = [];
  }
  return { values, unexplained };
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

export async function readme(): Promise<string> {
  const { values } = explained(await readFile(join(chart, 'values.yaml'), 'utf8'));
  const rows = values.map(({ path, meaning, value }) => {
    const shown = JSON.stringify(value);
    return `| \`${path}\` | ${cell(meaning)} | ${shown.length > 60 ? 'see values.yaml' : `\`${cell(shown)}\``} |`;
  });
  const table = ['| value | meaning | default |', '| --- | --- | --- |', ...rows].join('\n');
  const text = await readFile(join(chart, 'README.md'), 'utf8');
  const [before = '', rest = ''] = text.split(BEGIN);
  return `${before}${BEGIN}\n${table}\n\n${END}${rest.split(END)[1] ?? ''}`;
}

if (process.argv[1] === import.meta.filename) await writeFile(join(chart, 'README.md'), await readme());
