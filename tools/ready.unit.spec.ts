import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './run/paths.ts';
import { run } from './run/provision/ways.ts';

const { engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
const least = engines.node.replace('>=', '');

/** A tree with its packages, and a machine whose Node is of a version of our choice. */
let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'madang-ready-'));
  for (const folder of ['tools', 'node_modules', 'bin']) await mkdir(join(place, folder));
  for (const file of ['tools/ready', 'package.json', 'package-lock.json'])
    await cp(join(root, file), join(place, file));
  await writeFile(join(place, 'node_modules/.package-lock.json'), '');
});
afterAll(() => rm(place, { recursive: true }));

async function ready(version: string): Promise<{ code: number | null; output: string }> {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`;
  await writeFile(join(place, 'pretend.cjs'), pretend);
  const node = `[ "$1" = --version ] && exec echo v${version}\nexec "${process.execPath}" -r "${place}/pretend.cjs" "$@"`;
  await writeFile(join(place, 'bin/node'), `#!/bin/sh\n${node}\n`);
  await chmod(join(place, 'bin/node'), 0o755);
  const env = { PATH: `${place}/bin:${process.env.PATH}`, NODE_OPTIONS: '' };
  return run([join(place, 'tools/ready'), 'echo', 'it is ready'], { env, limitMs: 20_000 });
}

test.each([least, '20.20.0', '22.0.0', '100.0.0'])(
  'given Node %s, when it is asked for, then it will do',
  async (version) => {
    expect(await ready(version)).toMatchObject({ code: 0, output: 'it is ready' });
  },
);

test.each(['18.20.8', '20.18.9', '20.19.3'])(
  'given Node %s, when it is asked for, then a sentence says what is needed',
  async (version) => {
    expect(await ready(version)).toMatchObject({
      code: 1,
      output: `Madang needs Node.js ${least} or later (found: v${version}; install it from nodejs.org).`,
    });
  },
);

test('given the least version, when documents name one, then it is that', async () => {
  const documents = await Promise.all(
    ['README.md', 'CONTRIBUTING.md'].map((file) => readFile(join(root, file), 'utf8')),
  );
  for (const text of documents)
    expect(text.match(/\b20\.\d+(\.\d+)?, 22, 24 and 26/)?.[0]).toBe(`${least}, 22, 24 and 26`);
});
