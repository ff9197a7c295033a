import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { home, root } from '../run/paths.ts';
import { goProgram } from '../run/provision/go.ts';
import { run } from '../run/provision/ways.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function helm(args: string[]): Promise<void> {
  const { command } = await goProgram('helm', print);
  const { code, output } = await run([...command, ...args], { limitMs: 120_000 });
  if (code !== 0) throw new Error(output.split('\n').at(-1) || `helm ${args[0]} ended with ${code}`);
}

/**
 * Packages the chart with this registry as the default of its images, and the version as their tag.
 * @returns path of the package
 */
export async function packageChart(registry: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const folder = join(home, 'chart');
  const chart = join(folder, 'madang');
  await rm(folder, { recursive: true, force: true });
  // The chart links to the files of the repository; in a package they are files.
  await cp(join(root, 'helm/madang'), chart, { recursive: true, dereference: true });
  const values = await readFile(join(chart, 'values.yaml'), 'utf8');
  await writeFile(join(chart, 'values.yaml'), values.replace(/^( {2}registry: ).*$/m, `$1${registry}`));
  await helm(['package', chart, '--destination', folder]);
  return join(folder, `madang-${version}.tgz`);
}

/** What helm has to be told of a registry (`oci://...`): one on this machine speaks without TLS. */
export const speech = (reference: string): readonly string[] =>
  /^oci:\/\/(?:localhost|127\.0\.0\.1)[:/]/.test(reference) ? ['--plain-http'] : [];

/** Publishes the package as `oci://<registry>/charts/madang:<version>`. */
export function pushChart(file: string, registry: string): Promise<void> {
  const place = `oci://${registry}/charts`;
  return helm(['push', file, place, ...speech(place)]);
}
