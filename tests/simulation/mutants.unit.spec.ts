import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { transform } from 'esbuild';
import { mutants } from './mutants.ts';

const services = resolve(import.meta.dirname, '../../services');

/** What a mutant may change: the source text of the services and of the kit. */
async function sources(): Promise<string[]> {
  const files = await readdir(services, { recursive: true });
  const code = files.filter((file) => /\.ts$/.test(file) && !/\.(spec|d)\.ts$/.test(file));
  return Promise.all(code.map((file) => readFile(join(services, file), 'utf8')));
}

let texts: string[];
beforeAll(async () => {
  texts = await sources();
});

test.each(mutants)('given the mutant "$name", when it is planted, then it fits in one place', async ({ from, to }) => {
  const hosts = texts.filter((text) => text.includes(from));
  expect(hosts.map((text) => text.split(from).length - 1)).toEqual([1]);
  // What is left is still a program.
  await transform(
    hosts[0]!.replace(from, () => to),
    { loader: 'ts' },
  );
});

test('given the mutants, when they are counted, then there are at least twenty and no two alike', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  expect(mutants.length).toBeGreaterThanOrEqual(20);
});
