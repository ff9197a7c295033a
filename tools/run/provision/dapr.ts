import { createWriteStream } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { arch } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { cache, root } from '../paths.ts';
import type { Progress } from '../process.ts';
import { verify } from './checksums.ts';
import { containerEngine } from './container.ts';
import { type GoProgram, goBuild } from './go.ts';
import { type Examine, makeOnce, run, type Way, which } from './ways.ts';

/** A program of Dapr that runs on a laptop, and what is made of it. */
interface Wanted {
  readonly program: 'daprd' | 'sentry';
  readonly version: string;
  /** Where it is kept. */
  readonly target: string;
  readonly examine: Examine;
  readonly progress: Progress;
}

/** The committed module from which both are built where there is no other way. */
const module = 'dapr/runtime';

/** The version of Dapr; the committed module is the one place that names it. */
export async function pinned(): Promise<string> {
  return /github\.com\/dapr\/dapr v(\S+)/.exec(await readFile(join(root, module, 'go.mod'), 'utf8'))?.[1] ?? '';
}

/** A program of Dapr's release on GitHub. */
const release = ({ program, version, target, examine, progress }: Wanted): Way => ({
  name: 'official release',
  async find(note) {
    const platform = `${process.platform}_${arch() === 'x64' ? 'amd64' : arch()}`;
    const file = `${program}_${platform}.tar.gz`;
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
        progress(`downloading ${program} ${version}`);
        await pipeline(Readable.fromWeb(body), createWriteStream(`${unfinished}.tar.gz`), { signal: abort.signal });
        // Dapr publishes each archive with its checksum; a committed one (named with the version) comes first.
        const published = await fetch(`${url}.sha256`, { signal: abort.signal });
        await verify(`${unfinished}.tar.gz`, `${version}/${file}`, published.ok ? await published.text() : undefined);
        await run(['tar', '-xzf', `${unfinished}.tar.gz`, '-C', dirname(unfinished)], { limitMs: 60_000 });
        await rename(join(dirname(unfinished), program), unfinished);
      });
      return examine(target, `official release in ${target}`);
    } finally {
      clearTimeout(first);
      clearTimeout(all);
    }
  },
});

/** A program of Dapr's container image of the same name. */
const image = ({ program, version, target, examine, progress }: Wanted): Way => ({
  name: 'container image',
  async find() {
    const engine = await containerEngine();
    // The program in the image is for Linux, and here it runs outside of it.
    if (!engine || process.platform !== 'linux') return undefined;
    await makeOnce(target, async (unfinished) => {
      progress(`taking ${program} ${version} out of its container image`);
      const name = `madang-${program}-${process.pid}`;
      const created = await run([engine, 'create', '--name', name, `daprio/${program}:${version}`], {
        limitMs: 120_000,
      });
      if (created.code !== 0) throw new Error(created.output.split('\n').at(-1));
      const copied = await run([engine, 'cp', `${name}:/${program}`, unfinished], { limitMs: 60_000 });
      await run([engine, 'rm', '-f', name], { limitMs: 10_000 });
      if (copied.code !== 0) throw new Error(copied.output);
    });
    return examine(target, `container image, in ${target}`);
  },
});

/**
 * The ways to a program of Dapr that nobody has installed, in the order in which they are tried.
 * @param built the package of its `main` in the committed module, and its build tags
 */
export function waysTo(wanted: Omit<Wanted, 'target'>, built: Pick<GoProgram, 'main' | 'tags'>): Way[] {
  const { program, version, examine, progress } = wanted;
  const target = join(cache, 'bin', `${program}-${version}`);
  const linker = `-X github.com/dapr/dapr/pkg/buildinfo.version=${version}`;
  return [
    {
      name: 'cache',
      find: async () => ((await which(target, ['/'])) ? examine(target, `cache, ${target}`) : undefined),
    },
    release({ ...wanted, target }),
    image({ ...wanted, target }),
    goBuild({ name: `${program} ${version}`, module, ...built, linker }, target, examine, progress),
  ];
}
