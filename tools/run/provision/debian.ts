import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cache } from '../paths.ts';
import type { Progress } from '../process.ts';
import { exists, type Found, makeOnce, run, type Way, which } from './ways.ts';

interface DebianPackage {
  /** Folder in the cache. */
  folder: string;
  /** Package names, together or one set instead of the other, as distributions have them. */
  packages: string[];
  examine(unpacked: string): Promise<Found | undefined>;
}

const inCache = (wanted: DebianPackage) => join(cache, wanted.folder);

export const unpacked = (wanted: DebianPackage): Way => ({
  name: 'cache',
  find: async () => ((await exists(inCache(wanted))) ? wanted.examine(inCache(wanted)) : undefined),
});

/**
 * Debian and Ubuntu packages without installing them: apt works on a state of its own, downloads what the
 * system lacks, and the files are unpacked into the cache. Works for every user, starts no system service.
 */
export const debian = (wanted: DebianPackage, progress: Progress): Way => ({
  name: 'Debian package',
  async find(note) {
    if (!(await which('apt-get')) || !(await which('dpkg-deb'))) return undefined;
    // A state of its own for every call: two at once would spoil each other's lists.
    await mkdir(cache, { recursive: true });
    const apt = await mkdtemp(join(cache, 'apt.making-'));
    const archives = join(apt, 'archives');
    await mkdir(join(apt, 'state/lists/partial'), { recursive: true });
    await mkdir(join(archives, 'partial'), { recursive: true });
    const command = aptGet(apt);
    try {
      progress(`reading the package lists for ${wanted.packages[0]}`);
      await run([...command, 'update'], { limitMs: 90_000 });
      for (const names of wanted.packages) {
        progress(`downloading ${names} and what it needs (unpacked into the cache, not installed)`);
        const download = ['--download-only', '--no-install-recommends', '-y', 'install', ...names.split(' ')];
        const { code, output } = await run([...command, ...download], { limitMs: 180_000 });
        if (code !== 0) {
          note(`${names}: ${output.split('\n').findLast((line) => line.startsWith('E:')) ?? output}`);
          continue;
        }
        await makeOnce(inCache(wanted), (unfinished) => unpack(archives, unfinished));
        return await wanted.examine(inCache(wanted));
      }
    } finally {
      await rm(apt, { recursive: true, force: true });
    }
    return undefined;
  },
});

/** apt with its lists and archives in a folder, beside those of the system. */
function aptGet(folder: string): string[] {
  const options = [
    `Dir::State=${folder}/state`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${folder}`,
    'Debug::NoLocking=true',
    // root would otherwise download as a user who cannot write into the cache
    'APT::Sandbox::User=root',
    // Only what the distribution's key has signed.
    'APT::Get::AllowUnauthenticated=false',
    'Acquire::AllowInsecureRepositories=false',
    'Acquire::http::Timeout=10',
    'Acquire::Retries=1',
  ];
  return ['apt-get', '-qq', ...options.flatMap((option) => ['-o', option])];
}

async function unpack(archives: string, target: string): Promise<void> {
  for (const file of await readdir(archives)) {
    if (!file.endsWith('.deb')) continue;
    const { code, output } = await run(['dpkg-deb', '-x', join(archives, file), target], { limitMs: 60_000 });
    if (code !== 0) throw new Error(output);
  }
}

/** Where unpacked packages keep their libraries. */
export async function libraryPath(folder: string): Promise<Record<string, string>> {
  const folders: string[] = [];
  for (const base of ['usr/lib', 'lib']) {
    const names = await readdir(join(folder, base)).catch(() => []);
    folders.push(...names.filter((name) => name.includes('-linux-')).map((name) => join(folder, base, name)));
  }
  return { LD_LIBRARY_PATH: folders.join(':') };
}
