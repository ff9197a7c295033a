import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from '../run/paths.ts';

/** The version as each place says it that a user may read it from. */
export async function versions(): Promise<Record<string, string | undefined>> {
  const text = (name: string): Promise<string> => readFile(join(root, name), 'utf8');
  const { version } = JSON.parse(await text('package.json')) as { version: string };
  const lock = JSON.parse(await text('package-lock.json')) as { version: string };
  const chart = parse(await text('helm/madang/Chart.yaml')) as { version: string; appVersion: string };
  const [, newest] = /^## (\d+\.\d+\.\d+\S*)/m.exec(await text('CHANGELOG.md')) ?? [];
  return {
    'package.json': version,
    'package-lock.json': lock.version,
    'version of Chart.yaml': chart.version,
    'appVersion of Chart.yaml': chart.appVersion,
    'newest release in CHANGELOG.md': newest,
  };
}

/** What disagrees with the version of package.json, as sentences; `tag` is `v<version>`. */
export function disagreements(found: Record<string, string | undefined>, tag?: string): string[] {
  const wanted = found['package.json'];
  const all = { ...found, ...(tag === undefined ? {} : { [`the tag ${tag}`]: tag.replace(/^v/, '') }) };
  return Object.entries(all)
    .filter(([, version]) => version !== wanted)
    .map(([place, version]) => `${place} says ${version ?? 'nothing'}, package.json says ${wanted}.`);
}
