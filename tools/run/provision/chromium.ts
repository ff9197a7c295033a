import { join } from 'node:path';
import type { Progress } from '../process.ts';
import { debian, libraryPath, unpacked } from './debian.ts';
import { type Found, firstOf, homebrew, installed, run, which } from './ways.ts';

const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chromium-headless-shell'];
const MAC = ['/Applications/Chromium.app/Contents/MacOS', '/Applications/Google Chrome.app/Contents/MacOS'];

async function examine(path: string, way: string, env: Record<string, string> = {}): Promise<Found | undefined> {
  const { code, output } = await run([path, '--version'], { limitMs: 20_000, env });
  const version = /\d+(\.\d+){3}/.exec(output)?.[0];
  return code === 0 && version ? { name: 'Chromium', version, way, command: [path], env } : undefined;
}

const packages = {
  folder: 'chromium',
  // The second font has the Korean letters of the contracts.
  packages: ['chromium-headless-shell fonts-dejavu-core fonts-nanum', 'chromium fonts-dejavu-core fonts-nanum'],
  async examine(folder: string) {
    const { LD_LIBRARY_PATH = '' } = await libraryPath(folder);
    const libraries = LD_LIBRARY_PATH.split(':').flatMap((one) => [one, join(one, 'pulseaudio')]);
    // The system's own fonts.conf looks for fonts in the user's data folder, too.
    const env = { LD_LIBRARY_PATH: libraries.join(':'), XDG_DATA_HOME: join(folder, 'usr/share') };
    for (const program of ['chromium-headless-shell', 'chromium']) {
      const path = await which(program, [join(folder, 'usr/lib/chromium')]);
      if (path?.startsWith(folder)) return examine(path, `Debian package in ${folder}`, env);
    }
    return undefined;
  },
};

/** The browser for the tests: one that is installed, else Debian's package unpacked into the cache. */
export function chromium(progress: Progress): Promise<Found> {
  const onPath = installed([...programs, 'Chromium', 'Google Chrome'], examine, MAC);
  return firstOf(
    [onPath, unpacked(packages), debian(packages, progress), homebrew('--cask chromium', onPath, progress)],
    'Chromium, which the browser tests drive, is missing: install chromium or google-chrome',
  );
}
