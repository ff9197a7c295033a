import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systems } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';

/** Components stand in a file for each system (docs/decisions/0021-components.md): what is mended in one is mended in all. */

/** What may differ: the name of the system, its database for configuration, which services see it. */
const common = (text: string, system: string): string =>
  text
    .replace(/\nscopes:[\s\S]*/, '')
    .replaceAll(system, '<system>')
    .replace(/redisDB, value: "\d+"/, 'redisDB');

const kinds = ['light', 'full'].flatMap((profile) =>
  ['configuration', 'pubsub', 'state'].map((kind) => [profile, kind] as const),
);

test.each(kinds)(
  'given the %s profile, when systems keep a %s component, then they say the same of it',
  async (profile, kind) => {
    const texts = await Promise.all(
      (await systems()).map(async (system) => {
        const path = join(root, 'components', profile, `${system}-${kind}.yaml`);
        return common(await readFile(path, 'utf8'), system);
      }),
    );
    expect(new Set(texts).size).toBe(1);
  },
);

test('given a service with a store of its own, when profiles are compared, then each has its component', async () => {
  const [light, full] = await Promise.all(
    ['light', 'full'].map(async (profile) => {
      const names = await readdir(join(root, 'components', profile));
      return names.filter((name) => name.endsWith('-state.yaml')).sort();
    }),
  );
  expect(light).toEqual(full);
});

test('given the components for configuration, when systems share a Redis, then each has a database of its own', async () => {
  const all = await systems();
  for (const profile of ['light', 'full']) {
    const databases = await Promise.all(
      all.map(async (system) => {
        const text = await readFile(join(root, 'components', profile, `${system}-configuration.yaml`), 'utf8');
        return /redisDB, value: "(\d+)"/.exec(text)?.[1];
      }),
    );
    expect(databases).not.toContain(undefined);
    expect(new Set(databases).size).toBe(all.length);
  }
});
