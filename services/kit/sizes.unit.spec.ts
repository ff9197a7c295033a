import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';

/** Lines at most. What grows beyond has two reasons to change. */
const LARGEST = { file: 250, class: 150, function: 50 };
const KIT = dirname(fileURLToPath(import.meta.url));

/** To be cut up by whoever changes them next; nothing may be added here. */
const KNOWN: readonly string[] = ['runtime/service.ts', 'testing/sidecar.ts', 'testing/store.ts'];

const files = readdirSync(KIT, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /(?<!\.spec)\.ts$/.test(file) && !file.startsWith('testing/conformance/') && !KNOWN.includes(file),
);

/** Where declarations begin. What belongs to one is indented deeper, but for the brackets that close it. */
const BEGINNINGS: readonly [kind: keyof typeof LARGEST, RegExp][] = [
  ['class', /^(?:export )?(?:abstract )?class (\w+)/],
  ['function', /^(?:export )?(?:async )?function\*? ?(\w+)/],
  ['function', /^(?:export )?const (\w+) = .*(?:\(|=>|\{)$/],
  ['function', /^ {2}(?!(?:if|for|while|switch|return|throw|await|const|let) ?\b)(?:\w+ )*\*?(\w+)(?:<.*>)?\(.*$/],
];

const indentOf = (line: string): number => line.search(/\S/);

/** Declarations that are longer than they may be, as `name: lines`. */
function tooLong(text: string): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    const [kind, beginning] = BEGINNINGS.find(([, pattern]) => pattern.test(line)) ?? [];
    if (!kind || !beginning) return [];
    const indent = indentOf(line);
    const isBeyond = (one: string) =>
      one !== '' && (indentOf(one) < indent || (indentOf(one) === indent && !/^\s*[)}\]]/.test(one)));
    const beyond = lines.findIndex((one, index) => index > at && isBeyond(one));
    const own = lines.slice(at, beyond < 0 ? lines.length : beyond).findLastIndex((one) => one !== '') + 1;
    return own > LARGEST[kind] ? [`${kind} ${beginning.exec(line)?.[1]}: ${own}`] : [];
  });
}

test('given a declaration that is too long, then it is named', () => {
  const body = (indent: string) => `${indent}  x();\n`.repeat(LARGEST.function);
  expect(tooLong(`class Long {\n${body('').repeat(4)}}\n`)).toEqual(['class Long: 202']);
  expect(tooLong(`export async function long(\n  a: number,\n): void {\n${body('')}}\n`)).toEqual([
    'function long: 54',
  ]);
  expect(tooLong(`class Short {\n  private async long(): Promise<void> {\n${body('  ')}  }\n}\n`)).toEqual([
    'function long: 52',
  ]);
  expect(tooLong(`const long = () => {\n${body('')}};\n`)).toEqual(['function long: 52']);
});

test.each(files)('given %s of the kit, then the file, its classes and its functions are short', (file) => {
  const text = readFileSync(join(KIT, file), 'utf8');
  const length = text.split('\n').length - 1;
  expect([...tooLong(text), ...(length > LARGEST.file ? [`file: ${length}`] : [])]).toEqual([]);
});
