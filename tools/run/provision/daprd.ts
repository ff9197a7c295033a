import { homedir } from 'node:os';
import { join } from 'node:path';
import { cache } from '../paths.ts';
import type { Progress } from '../process.ts';
import { image, module, pinned, release } from './dapr.ts';
import { type GoProgram, goBuild } from './go.ts';
import { type Examine, type Found, firstOf, installed, run, which } from './ways.ts';

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
      release('daprd', version, target, examine, progress),
      image('daprd', version, target, examine, progress),
      goBuild(program(version), target, examine, progress),
    ],
    `daprd ${minor(version)} is missing: install it with the Dapr CLI (dapr init --slim --runtime-version ${version}), start a container engine, or install Go`,
  );
}
