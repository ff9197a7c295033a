import { createWriteStream } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { arch, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { cache, root } from '../paths.ts';
import type { Progress } from '../process.ts';
import { verify } from './checksums.ts';
import { type GoProgram, goBuild } from './go.ts';
import {
  containerEngine,
  type Examine,
  type Found,
  firstOf,
  installed,
  makeOnce,
  run,
  type Way,
  which,
} from './ways.ts';

const module = 'dapr/runtime';

/** The committed module is the one place that names the version. */
async function pinned(): Promise<string> {
  return /github\.com\/dapr\/dapr v(\S+)/.exec(await readFile(join(root, module, 'go.mod'), 'utf8'))?.[1] ?? '';
}

const minor = (version: string) => version.split('.').slice(0, 2).join('.');

function examiner(wanted: string, refused: (why: string) => void): Examine {
  return async (path, way) => {
    const { output } = await run([path, '--version'], { limitMs: 5000 });
    const version = /\d+\.\d+\.\d+\S*/.exec(output)?.[0];
    if (version && minor(version) === minor(wanted)) return { name: 'daprd', version, way, command: [path], env: {} };
    refused(`${path} is ${version ?? 'not a working daprd'}, wanted ${minor(wanted)}.x`);
    return undefined;
  };
}

const release = (version: string, target: string, examine: Examine, progress: Progress): Way => ({
  name: 'official release',
  async find(note) {
    const platform = `${process.platform}_${arch() === 'x64' ? 'amd64' : arch()}`;
    const file = `daprd_${platform}.tar.gz`;
    const url = `https://github.com/dapr/dapr/releases/download/v${version}/${file}`;
    // Short for the first byte, since there may be no way out; longer for the file itself.
    const abort = new AbortController();
    const first = setTimeout(() => abort.abort(new Error('no answer within 5 s')), 5000);
    const all = setTimeout(() => abort.abort(new Error('not complete within 3 minutes')), 180_000);
    try {
      const answer = await fetch(url, { signal: abort.signal }).catch((error: unknown) => {
        throw abort.signal.aborted ? abort.signal.reason : new Error('not reachable', { cause: error });
      });
      clearTimeout(first);
      if (!answer.ok || !answer.body) {
        note(`${url} answered ${answer.status}`);
        return undefined;
      }
      const body = answer.body as ReadableStream;
      await makeOnce(target, async (unfinished) => {
        progress(`downloading daprd ${version}`);
        await pipeline(Readable.fromWeb(body), createWriteStream(`${unfinished}.tar.gz`), { signal: abort.signal });
        // Dapr publishes each archive with its checksum; a committed one (named with the version) comes first.
        const published = await fetch(`${url}.sha256`, { signal: abort.signal });
        await verify(`${unfinished}.tar.gz`, `${version}/${file}`, published.ok ? await published.text() : undefined);
        await run(['tar', '-xzf', `${unfinished}.tar.gz`, '-C', dirname(unfinished)], { limitMs: 60_000 });
        await rename(join(dirname(unfinished), 'daprd'), unfinished);
      });
      return examine(target, `official release in ${target}`);
    } finally {
      clearTimeout(first);
      clearTimeout(all);
    }
  },
});

const image = (version: string, target: string, examine: Examine, progress: Progress): Way => ({
  name: 'container image',
  async find() {
    const engine = await containerEngine();
    // The program in the image is for Linux, and here it runs outside of it.
    if (!engine || process.platform !== 'linux') return undefined;
    await makeOnce(target, async (unfinished) => {
      progress(`taking daprd ${version} out of its container image`);
      const name = `madang-daprd-${process.pid}`;
      const created = await run([engine, 'create', '--name', name, `daprio/daprd:${version}`], { limitMs: 120_000 });
      if (created.code !== 0) throw new Error(created.output.split('\n').at(-1));
      const copied = await run([engine, 'cp', `${name}:/daprd`, unfinished], { limitMs: 60_000 });
      await run([engine, 'rm', '-f', name], { limitMs: 10_000 });
      if (copied.code !== 0) throw new Error(copied.output);
    });
    return examine(target, `container image, in ${target}`);
  },
});

const program = (version: string): GoProgram => ({
  name: `daprd ${version}`,
  module,
  main: '.',
  tags: 'stablecomponents',
  linker: `-X github.com/dapr/dapr/pkg/buildinfo.version=${version}`,
});

export async function daprd(progress: Progress): Promise<Found> {
  const version = await pinned();
  const target = join(cache, 'bin', `daprd-${version}`);
  const refusals: string[] = [];
  const examine = examiner(version, (why) => refusals.push(why));
  const seen = installed(['daprd'], examine, [join(homedir(), '.dapr/bin')]);
  return firstOf(
    [
      {
        name: 'PATH or ~/.dapr/bin',
        async find(note) {
          const found = await seen.find(note);
          if (!found) refusals.forEach(note);
          return found;
        },
      },
      {
        name: 'cache',
        find: async () => ((await which(target, ['/'])) ? examine(target, `cache, ${target}`) : undefined),
      },
      release(version, target, examine, progress),
      image(version, target, examine, progress),
      goBuild(program(version), target, examine, progress),
    ],
    `daprd ${minor(version)} is missing: install it with the Dapr CLI (dapr init --slim --runtime-version ${version}), start a container engine, or install Go`,
  );
}
