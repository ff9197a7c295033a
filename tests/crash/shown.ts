import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collection, type Row } from '../harness/collection.ts';
import type { Place } from './snapshot.ts';

/** What a system shows to those who ask it, beside what lies in its stores and on its topic. */
export interface Shown {
  /** All rows of a public collection. Throws while it cannot be read. */
  collection(path: string): Promise<Row[]>;
  /** The ids of the events that were noticed to people, one for each notice. */
  notices(): Promise<string[]>;
}

/** What a running system shows. */
export const shownAt = ({ gateway, home }: Place): Shown => ({
  collection: (path) => collection(gateway, path),
  async notices() {
    const log = await readFile(join(home, 'logs/debug.log'), 'utf8').catch(() => '');
    const lines = log.split('\n').filter((line) => line !== '');
    return lines.map((line) => (JSON.parse(line) as { id: string }).id);
  },
});
