import { join } from 'node:path';
import type { Progress } from '../process.ts';
import { container } from './container.ts';
import { debian, libraryPath, unpacked } from './debian.ts';
import { type Found, firstOf, homebrew, installed, run, which } from './ways.ts';

const programs = ['valkey-server', 'redis-server'];

async function examine(path: string, way: string, env: Record<string, string> = {}): Promise<Found | undefined> {
  const { code, output } = await run([path, '--version'], { limitMs: 5000, env });
  const version = /v=(\S+)/.exec(output)?.[1];
  if (code !== 0 || !version) return undefined;
  return { name: path.includes('valkey') ? 'Valkey' : 'Redis', version, way, command: [path], env };
}

const packages = {
  folder: 'redis',
  packages: ['redis-server', 'valkey-server'],
  async examine(folder: string) {
    const env = await libraryPath(folder);
    for (const program of programs) {
      const path = await which(program, [join(folder, 'usr/bin')]);
      if (path) return examine(path, `Debian package in ${folder}`, env);
    }
    return undefined;
  },
};

export function redis(progress: Progress): Promise<Found> {
  const onPath = installed(programs, examine, ['/opt/homebrew/bin', '/usr/local/bin']);
  return firstOf(
    [
      onPath,
      unpacked(packages),
      container('Valkey', 'valkey/valkey:8', ['valkey-server'], progress),
      debian(packages, progress),
      homebrew('redis', onPath, progress),
    ],
    'Redis is missing: install redis-server or valkey-server, start a container engine, or name a running one with MADANG_REDIS=host:port',
  );
}
