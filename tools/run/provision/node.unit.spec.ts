import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LONG_TERM, servicesNode } from './node.ts';
import { Tampered, Unavailable } from './ways.ts';

const { MADANG_NODE: named } = process.env;
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'madang-node-'));
});
afterEach(async () => {
  if (named === undefined) delete process.env.MADANG_NODE;
  else process.env.MADANG_NODE = named;
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

const isOld = Number(process.versions.node.split('.')[0]) < Number(LONG_TERM.split('.')[0]);

(isOld ? test : test.skip)(
  'given the newest line cannot be had, when services start, then they run on the own Node, and it is said',
  async () => {
    delete process.env.MADANG_NODE;
    const said: string[] = [];
    const none = () => Promise.reject(new Unavailable('Node 26 is missing'));
    expect(await servicesNode((line) => said.push(line), none)).toMatchObject({ command: [process.execPath] });
    expect(said).toEqual([`services run on Node ${process.versions.node}, and take more CPU: Node 26 is missing`]);
  },
);

(isOld ? test : test.skip)(
  'given somebody has changed the newest line, when services start, then nothing starts',
  async () => {
    delete process.env.MADANG_NODE;
    const changed = () => Promise.reject(new Tampered('node.tgz is refused'));
    await expect(servicesNode(() => undefined, changed)).rejects.toThrow('node.tgz is refused');
  },
);
