import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { root } from '../../tools/run/paths.ts';

/** Folders that are not the repository's, are links to others of its folders, or come and go with a spec that runs beside. */
const LEFT_OUT = /^(node_modules|\.git|\.madang|__pycache__|\.readme-.*)$/;

/** Every file below a folder, by its path from the root; links to folders are not followed. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return LEFT_OUT.test(entry.name) ? [] : filesBelow(path);
      return entry.isFile() ? [relative(root, path)] : [];
    }),
  );
  return found.flat().sort();
}

/** The anchors of a Markdown file as GitHub gives them: its headings, and those set by hand. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set([...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id));
  for (const [, heading = ''] of withoutCode(markdown).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let times = 1; anchors.has(anchor); times++) anchor = `${slug}-${times}`;
    anchors.add(anchor);
  }
  return anchors;
}

const withoutCode = (markdown: string): string => markdown.replace(/^```[\s\S]*?^```/gm, '');

const files = await filesBelow(root);
const texts = new Map<string, string>();
const textOf = async (file: string): Promise<string> => {
  const text = texts.get(file) ?? (await readFile(join(root, file), 'utf8'));
  texts.set(file, text);
  return text;
};

/** What is wrong with a link to a file of the repository, if anything is. */
async function wrong(path: string, anchor: string | undefined): Promise<string | undefined> {
  if (!existsSync(join(root, path))) return `there is no ${path}`;
  if (!anchor || !path.endsWith('.md')) return undefined;
  return anchorsOf(await textOf(path)).has(anchor) ? undefined : `${path} has no #${anchor}`;
}

const documents = files.filter((file) => file.endsWith('.md'));

test.each(documents)('given %s, when its links are followed, then each leads to a file and an anchor', async (file) => {
  const faults: string[] = [];
  for (const [link, target = ''] of withoutCode(await textOf(file)).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = '', anchor] = decodeURI(target).split('#');
    const fault = await wrong(path === '' ? file : join(dirname(file), path), anchor);
    if (fault) faults.push(`${link}: ${fault}`);
  }
  expect(faults).toEqual([]);
});

test('given comments and settings that name a document, when it is looked for, then file and anchor are there', async () => {
  const faults: string[] = [];
  const kinds = /\.(ts|py|ya?ml|tpl|txt|html|example)$/;
  for (const file of files.filter((name) => kinds.test(name) && !name.includes('links.unit.spec')))
    for (const [name, path = '', anchor] of (await textOf(file)).matchAll(/\b(docs\/[\w./-]+\.md)(?:#([\w-]+))?/g)) {
      const fault = await wrong(path, anchor);
      if (fault) faults.push(`${file} names ${name}: ${fault}`);
    }
  expect(faults).toEqual([]);
});

test('given documents that name files of the repository in backticks, when these are looked for, then they are there', async () => {
  const faults: string[] = [];
  for (const file of documents)
    for (const [, path = ''] of (await textOf(file)).matchAll(
      /`((?:components|dapr|docs|helm|services|tests|tools)\/[\w./-]+)`/g,
    ))
      if (!existsSync(join(root, path))) faults.push(`${file} names ${path}`);
  expect(faults).toEqual([]);
});

test('given the pages of operations, when their index is read, then it leads to each', async () => {
  const index = await textOf('docs/operations/README.md');
  const pages = documents.flatMap((file) => /^docs\/operations\/(?!README)(.+)$/.exec(file)?.[1] ?? []);
  expect(pages.filter((page) => !index.includes(`](${page}`))).toEqual([]);
});

test('given documents, when there are contracts, operations and systems among them, then they were looked through', () => {
  expect(documents).toEqual(
    expect.arrayContaining([
      'README.md',
      'docs/glossary.md',
      'docs/contracts/lecture.md',
      'docs/operations/README.md',
      'docs/systems/lecture.md',
      'services/kit/README.md',
    ]),
  );
});
