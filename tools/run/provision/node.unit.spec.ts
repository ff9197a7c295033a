import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LONG_TERM, servicesNode } from './node.ts';

const { MADANG_NODE: named, PATH: path } = process.env;
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'madang-node-'));
});
afterEach(async () => {
  if (named === undefined) delete process.env.MADANG_NODE;
  else process.env.MADANG_NODE = named;
  process.env.PATH = path;
  await rm(folder, { recursive: true });
});

const found = (program: string): ReturnType<typeof servicesNode> => {
  process.env.MADANG_NODE = program;
  return servicesNode(() => undefined);
};

test('given MADANG_NODE names a program of Node, when services start, then they run on it, whatever its line', async () => {
  const program = join(folder, 'node');
  await symlink(process.execPath, program);
  expect(await found(program)).toMatchObject({ command: [program], version: process.versions.node });
});

test('given MADANG_NODE names another program, when services start, then a sentence names it', async () => {
  const program = join(folder, 'node');
  await writeFile(program, '#!/bin/sh\necho 1.2.3\n', { mode: 0o755 });
  await expect(found(program)).rejects.toThrow(`MADANG_NODE names no program of Node.js: ${program}`);
});

test('given nothing is said and no npm, when services start, then they run on what the cache has, or on the own Node', async () => {
  delete process.env.MADANG_NODE;
  process.env.PATH = folder;
  const said: string[] = [];
  const { version, command } = await servicesNode((line) => said.push(line));
  const isNew = Number(version.split('.')[0]) >= Number(LONG_TERM.split('.')[0]);
  expect(isNew || command[0] === process.execPath).toBe(true);
  expect(said.some((line) => line.includes('take more CPU'))).toBe(!isNew);
});
