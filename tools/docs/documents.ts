import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../run/paths.ts';

/** What a contract document says: docs/contracts/<system>.md. */
export interface ContractDocument {
  /** The sentence of each acceptance scenario, by its number. Links in it start from docs/contracts. */
  readonly scenarios: ReadonlyMap<number, string>;
  /** `<service> <event>` for every event the document says a service publishes, in alphabetical order. */
  readonly events: readonly string[];
  readonly text: string;
}

/** The words between backticks. */
const literals = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

/** The rows of the first table below a heading, as cells. */
function tableBelow(text: string, heading: string): string[][] {
  const [, behind = ''] = text.split(`\n## ${heading}\n`);
  const [chapter = ''] = behind.split('\n## ');
  const rows = chapter.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) => row.split('|').slice(1, -1));
}

/** Reads the contract document of a system. */
export async function documentOf(system: string): Promise<ContractDocument> {
  const text = await readFile(join(root, 'docs/contracts', `${system}.md`), 'utf8');
  const scenarios = [...text.matchAll(/^(\d+)\. <a id="scenario-\1"><\/a>(.+)$/gm)].map(
    ([, number = '', sentence = '']) => [Number(number), sentence] as const,
  );
  const events = tableBelow(text, 'Services').flatMap(([service = '', ...cells]) =>
    literals(cells.at(-1) ?? '').map((event) => `${literals(service)[0]} ${event}`),
  );
  return { scenarios: new Map(scenarios), events: events.sort(), text };
}
