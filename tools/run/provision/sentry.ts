import { join } from 'node:path';
import { cache } from '../paths.ts';
import type { Progress } from '../process.ts';
import { image, module, pinned, release } from './dapr.ts';
import { goBuild } from './go.ts';
import { type Examine, type Found, firstOf, run, which } from './ways.ts';

/** Dapr's certificate authority. It does not tell its version, so one that is on PATH is not taken. */
export async function sentry(progress: Progress): Promise<Found> {
  const version = await pinned();
  const target = join(cache, 'bin', `sentry-${version}`);
  const examine: Examine = async (path, way) => {
    const { output } = await run([path, '--help'], { limitMs: 20_000 });
    return output.includes('--issuer-credentials')
      ? { name: 'sentry', version, way, command: [path], env: {} }
      : undefined;
  };
  const program = {
    name: `sentry ${version}`,
    module,
    main: './sentry',
    linker: `-X github.com/dapr/dapr/pkg/buildinfo.version=${version}`,
  };
  return firstOf(
    [
      {
        name: 'cache',
        find: async () => ((await which(target, ['/'])) ? examine(target, `cache, ${target}`) : undefined),
      },
      release('sentry', version, target, examine, progress),
      image('sentry', version, target, examine, progress),
      goBuild(program, target, examine, progress),
    ],
    `Sentry ${version}, which --mtls needs, is missing: start a container engine, or install Go`,
  );
}
