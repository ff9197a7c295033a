import { goProgram } from '../run/provision/go.ts';
import { run } from '../run/provision/ways.ts';
import { speech } from './chart.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** What is deployed where. */
export interface Deployment {
  /** A folder, a package, or `oci://...`. */
  readonly chart: string;
  /** Version of a chart in a registry. */
  readonly version?: string | undefined;
  readonly namespace: string;
  readonly systems: string;
  readonly registry?: string | undefined;
  readonly tag?: string | undefined;
}

/** Runs helm; answers its exit code. Replaced in tests. */
export type Helm = (args: readonly string[]) => Promise<number>;

const installed: Helm = async (args) => {
  const { command } = await goProgram('helm', print);
  print(`helm ${args.join(' ')}`);
  return (await run([...command, ...args], { limitMs: 1_200_000, onLine: print })).code;
};

/** To the revision before this one, pod by pod. @returns exit code */
export async function rollBack(namespace: string, helm: Helm = installed): Promise<number> {
  const code = await helm(['rollback', 'madang', '-n', namespace, '--wait', '--timeout', '10m']);
  print(code === 0 ? 'Rolled back to the revision before.' : 'The roll back failed: look at `helm history madang`.');
  return code;
}

/**
 * Rolls a version out pod by pod, and plays the story of its systems. One that does not become ready, or whose story
 * fails, is rolled back; a first installation stays as it is, for there is nothing to go back to.
 * @returns exit code
 */
export async function deploy(wanted: Deployment, helm: Helm = installed): Promise<number> {
  const { chart, version, namespace, systems, registry, tag } = wanted;
  const isUpgrade = (await helm(['status', 'madang', '-n', namespace])) === 0;
  const upgraded = await helm([
    ...['upgrade', '--install', 'madang', chart, '-n', namespace, '--create-namespace', '--reset-then-reuse-values'],
    ...(version ? ['--version', version] : []),
    ...speech(chart),
    ...['--set', `systems={${systems}}`],
    ...(registry ? ['--set', `image.registry=${registry}`] : []),
    ...(tag ? ['--set-string', `image.tag=${tag}`] : []),
    ...['--wait', '--timeout', '10m'],
  ]);
  const works = upgraded === 0 && (await helm(['test', 'madang', '-n', namespace, '--timeout', '5m'])) === 0;
  if (works) return 0;
  print(upgraded === 0 ? 'The story of a system failed.' : 'The new version did not become ready.');
  if (isUpgrade) await rollBack(namespace, helm);
  return 1;
}
