import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from '../process.ts';
import { pinned, waysTo } from './dapr.ts';
import { type Examine, type Found, firstOf, installed, run } from './ways.ts';

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

export async function daprd(progress: Progress): Promise<Found> {
  const version = await pinned();
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
      ...waysTo({ program: 'daprd', version, examine, progress }, { main: '.', tags: 'stablecomponents' }),
    ],
    `daprd ${minor(version)} is missing: install it with the Dapr CLI (dapr init --slim --runtime-version ${version}), start a container engine, or install Go`,
  );
}
