import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../../tools/run/paths.ts';

/** How tests are written: what a reader sees in a list of titles, and on one screen. */

const LONGEST_TITLE = 120;
const LONGEST_TEST = 60;

/** Tests of a file whose title or body is too long, as sentences. */
function faultsOf(name: string, text: string): string[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const lineAt = (position: number): number => source.getLineAndCharacterOfPosition(position).line + 1;
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(test|it)(\.|$)/.test(node.expression.getText(source))) {
      const place = `${name}:${lineAt(node.getStart(source))}`;
      const [title, ...rest] = node.arguments;
      if (title && ts.isStringLiteralLike(title) && title.text.length > LONGEST_TITLE)
        found.push(`${place} has a title of ${title.text.length} characters`);
      const body = rest.find((one) => ts.isArrowFunction(one) || ts.isFunctionExpression(one));
      const lines = body ? lineAt(body.end) - lineAt(body.getStart(source)) + 1 : 0;
      if (lines > LONGEST_TEST) found.push(`${place} is a test of ${lines} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

async function specs(): Promise<string[]> {
  const folders = ['services', 'tools', 'tests'];
  const names = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((name) => join(folder, name)),
    ),
  );
  return names.flat().filter((name) => name.endsWith('.spec.ts'));
}

test('given every spec, when its tests are read, then titles are short and tests fit on a screen', async () => {
  const files = await specs();
  expect(files.length).toBeGreaterThan(50);
  const faults = await Promise.all(files.map(async (name) => faultsOf(name, await readFile(join(root, name), 'utf8'))));
  expect(faults.flat()).toEqual([]);
});

test.each([
  ['a title of 121 characters', `test('${'x'.repeat(121)}', () => undefined)`, 'a.ts:1 has a title of 121 characters'],
  [
    'such a title of many cases',
    `it.each([1])('${'x'.repeat(121)}', () => undefined)`,
    'a.ts:1 has a title of 121 characters',
  ],
  ['a test of 61 lines', `test('x', () => {${'\n'.repeat(60)}})`, 'a.ts:1 is a test of 61 lines'],
])('given %s, when it is read, then it is named', (_, text, fault) => {
  expect(faultsOf('a.ts', text)).toEqual([fault]);
});
