import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../paths.ts';
import { pinned } from './dapr.ts';

/** Where the version of Dapr stands beside dapr/runtime/go.mod: CONTRIBUTING.md, "A newer Dapr". */
const PLACES: readonly [path: string, version: RegExp][] = [
  ['helm/tools/schemas.ts', /github\.com\/dapr\/dapr@v([\d.]+)/g],
  ['services/kit/testing/metadata.ts', /runtimeVersion: '([\d.]+)'/g],
  ['services/kit/testing/conformance/recorded.json', /"runtimeVersion": "([\d.]+)"/g],
];

const versionsIn = async (path: string, version: RegExp): Promise<string[]> => [
  ...new Set([...(await readFile(join(root, path), 'utf8')).matchAll(version)].map(([, found = '']) => found)),
];

test.each(PLACES)('given the pinned version of Dapr, when %s names one, then it is that', async (path, version) => {
  expect(await versionsIn(path, version)).toEqual([await pinned()]);
});

test('given the pinned version of Dapr, when a cluster is told to get Dapr, then it gets the same minor one', async () => {
  const named = await versionsIn('docs/operations/install-kubernetes.md', /dapr\/dapr --version (\d+\.\d+)/g);
  expect(named).toEqual([/^\d+\.\d+/.exec(await pinned())?.[0]]);
});
