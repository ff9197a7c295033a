import type { Progress } from '../process.ts';
import { pinned, waysTo } from './dapr.ts';
import { type Examine, type Found, firstOf, run } from './ways.ts';

/** Dapr's certificate authority. It does not tell its version, so one that is on PATH is not taken. */
export async function sentry(progress: Progress): Promise<Found> {
  const version = await pinned();
  const examine: Examine = async (path, way) => {
    const { output } = await run([path, '--help'], { limitMs: 20_000 });
    return output.includes('--issuer-credentials')
      ? { name: 'sentry', version, way, command: [path], env: {} }
      : undefined;
  };
  return firstOf(
    waysTo({ program: 'sentry', version, examine, progress }, { main: './sentry' }),
    `Sentry ${version}, which --mtls needs, is missing: start a container engine, or install Go`,
  );
}
