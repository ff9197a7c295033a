/** CPU profiles of a run: of every sidecar by its pprof, of every Node app by its engine. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { run, which } from '../../tools/run/provision/ways.ts';
import { flag, say } from './bench.ts';
import { commandOf, type Process } from './build.ts';
import { table } from './table.ts';

const PROFILE_MS = 10_000;
const TOP = 10;

/** When the load ran, in µs of the clock that the engine's profiles use. */
let loadedFrom = 0;
let loadedTo = Number.POSITIVE_INFINITY;
const micros = (): number => Number(process.hrtime.bigint() / 1000n);

/** Writes what each sidecar does in the next seconds into this folder. */
export async function profileSidecars(folder: string, processes: readonly Process[], seconds: number): Promise<void> {
  loadedFrom = micros();
  loadedTo = loadedFrom + seconds * 1_000_000;
  const one = async ({ id, pid }: Process): Promise<void> => {
    const port = flag(commandOf(pid), 'profile-port');
    if (!port) return say(`${id} was not started with a port for profiles`);
    const url = `http://127.0.0.1:${port}/debug/pprof/profile?seconds=${seconds}`;
    const { body, statusCode } = await request(url, { headersTimeout: seconds * 1000 + PROFILE_MS });
    if (statusCode === 200) await writeFile(join(folder, `${id}.pprof`), Buffer.from(await body.arrayBuffer()));
    else say(`${id} gave no profile: ${await body.text()}`);
  };
  await Promise.all(processes.filter(({ kind }) => kind === 'sidecar').map(one));
}

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The functions that took most by themselves between two times, in ms, the greediest first; without idling. */
export function topFunctions(
  { nodes, startTime, samples, timeDeltas }: Profile,
  from: number,
  to: number,
): [string, number][] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const file = url.slice(url.lastIndexOf('/') + 1);
      return [id, `${functionName || '(anonymous)'}${file ? ` ${file}:${lineNumber + 1}` : ''}`];
    }),
  );
  const used = new Map<string, number>();
  let at = startTime;
  samples.forEach((sample, i) => {
    // A sample stands for the time until the next one.
    at += timeDeltas[i] ?? 0;
    const name = names.get(sample) ?? '?';
    if (at < from || at >= to || name === '(idle)') return;
    used.set(name, (used.get(name) ?? 0) + (timeDeltas[i + 1] ?? 0) / 1000);
  });
  return [...used].sort((a, b) => b[1] - a[1]).slice(0, TOP);
}

/** Says where the profiles are, and what took most in each; the apps have ended by then. */
export async function writeProfiles(folder: string): Promise<void> {
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  const go = await which('go', ['/usr/local/go/bin', join(homedir(), 'go/bin'), '/opt/homebrew/bin']);
  for (const name of files) {
    const path = join(folder, name);
    process.stdout.write(`\n${path}\n`);
    if (name.endsWith('.cpuprofile')) {
      const top = topFunctions(JSON.parse(readFileSync(path, 'utf8')) as Profile, loadedFrom, loadedTo);
      const rows = top.map(([what, ms]) => [what, ms.toFixed(0)]);
      process.stdout.write(`${table(['function', 'ms of its own under load'], rows)}\n`);
    } else if (go) {
      const { output } = await run([go, 'tool', 'pprof', '-top', `-nodecount=${TOP}`, path], { limitMs: 60_000 });
      process.stdout.write(`${output}\n`);
    } else process.stdout.write('(no Go to look into it: go tool pprof -top <file>)\n');
  }
}
