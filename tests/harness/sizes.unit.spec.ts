import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/run/paths.ts';

/** Lines at most. What grows beyond has two reasons to change. */
const LARGEST = { file: 250, class: 150, function: 50 };

/** What is longer, with the names of its declarations, and why that is right. */
const RIGHT: Readonly<Record<string, { readonly long: readonly string[]; readonly why: string }>> = {
  'services/gateway/page-kit/texts.ts': { long: ['say'], why: 'a list of words in two languages' },
  'services/academy/page/texts.ts': { long: ['texts'], why: 'a list of words' },
  'services/insurance/page/texts.ts': { long: ['texts'], why: 'a list of words' },
  'services/lecture/page/texts.ts': { long: ['texts'], why: 'a list of words' },
  'services/rental/page/texts.ts': { long: ['texts'], why: 'a list of words' },
  'services/reward/page/texts.ts': { long: ['texts'], why: 'a list of words' },
  'services/kit/testing/conformance/messages.ts': { long: ['file'], why: 'a list of cases' },
  'services/kit/testing/conformance/state.ts': { long: ['file'], why: 'a list of cases' },
  'tests/hostile/http-attacks.ts': { long: ['file'], why: 'a list of attacks' },
  'tests/lecture/openapi.ts': { long: ['file'], why: 'written by ./run generate' },
  'tools/docs/pages.ts': { long: ['page'], why: 'the lines of a page, in their order' },
};

const files = ['services', 'tools', 'tests'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /(?<!\.spec)\.m?tsx?$/.test(file))
    .map((file) => `${folder}/${file}`),
);

/** Where declarations begin. What belongs to one is indented deeper, but for the brackets that close it. */
const BEGINNINGS: readonly [kind: keyof typeof LARGEST, RegExp][] = [
  ['class', /^(?:export )?(?:abstract )?class (\w+)/],
  ['function', /^(?:export )?(?:async )?function\*? ?(\w+)/],
  ['function', /^(?:export )?const (\w+) = .*(?:\(|=>|\{)$/],
  ['function', /^ {2}(?!(?:if|for|while|switch|return|throw|await|const|let) ?\b)(?:\w+ )*\*?(\w+)(?:<.*>)?\(.*$/],
];

const indentOf = (line: string): number => line.search(/\S/);

/** Declarations of a file, and the file itself, that are longer than they may be, as `kind name: lines`. */
function tooLong(text: string): string[] {
  const lines = text.split('\n');
  const declarations = lines.flatMap((line, at) => {
    const [kind, beginning] = BEGINNINGS.find(([, pattern]) => pattern.test(line)) ?? [];
    if (!kind || !beginning) return [];
    const indent = indentOf(line);
    const isBeyond = (one: string) =>
      one !== '' && (indentOf(one) < indent || (indentOf(one) === indent && !/^\s*[)}\]]/.test(one)));
    const beyond = lines.findIndex((one, index) => index > at && isBeyond(one));
    const own = lines.slice(at, beyond < 0 ? lines.length : beyond).findLastIndex((one) => one !== '') + 1;
    return own > LARGEST[kind] ? [`${kind} ${beginning.exec(line)?.[1]}: ${own}`] : [];
  });
  const length = lines.length - 1;
  return length > LARGEST.file ? [...declarations, `file: ${length}`] : declarations;
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

test('given every source file, when its lines are counted, then the file, its classes and its functions are short', () => {
  const isKnown = (file: string, fault: string): boolean =>
    (RIGHT[file]?.long ?? []).some((name) => ` ${fault}`.includes(` ${name}:`));
  const faults = files.flatMap((file) =>
    tooLong(readFileSync(join(root, file), 'utf8'))
      .filter((fault) => !isKnown(file, fault))
      .map((fault) => `${file}: ${fault}`),
  );
  expect(files.length).toBeGreaterThan(500);
  expect(faults).toEqual([]);
});

test('given the exceptions, when their lines are counted, then each of them is still needed', () => {
  const needless = Object.entries(RIGHT).flatMap(([file, { long }]) => {
    const faults = files.includes(file) ? tooLong(readFileSync(join(root, file), 'utf8')) : [];
    return long
      .filter((name) => !faults.some((fault) => ` ${fault}`.includes(` ${name}:`)))
      .map((name) => [file, name]);
  });
  expect(needless).toEqual([]);
});
