import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageChart, pushChart, speech } from '../../tools/release/chart.ts';
import { goProgram } from '../../tools/run/provision/go.ts';
import { run } from '../../tools/run/provision/ways.ts';
import { KUBERNETES } from './helm.ts';

let registry: ChildProcess;
let address: string;

beforeAll(async () => {
  const { command } = await goProgram('oci-registry', console.log);
  registry = spawn(command[0]!, ['-port', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of createInterface({ input: registry.stderr! })) {
    const [, port] = /serving on port (\d+)/.exec(line) ?? [];
    address = `localhost:${port}/acme`;
    if (port) break;
  }
}, 300_000);
afterAll(async () => {
  registry.kill();
  if (registry.exitCode === null) await once(registry, 'exit');
});

/** What helm says, by its whole output. */
async function helm(...args: string[]): Promise<string> {
  const { command } = await goProgram('helm', console.log);
  const { code, output } = await run([...command, ...args], { limitMs: 60_000 });
  if (code !== 0) throw new Error(output);
  return output;
}

test('given the chart is published, when it is pulled and rendered, then it is the package, with images of the registry', async () => {
  const file = await packageChart(address);
  await pushChart(file, address);
  const [, version = ''] = /-(\d+\.\d+\.\d+)\.tgz$/.exec(file) ?? [];
  const reference = `oci://${address}/charts/madang`;
  const from = [reference, '--version', version, ...speech(reference)];
  const place = await mkdtemp(join(tmpdir(), 'madang-pulled-'));
  await helm('pull', ...from, '--destination', place);
  expect(await readFile(join(place, basename(file)))).toEqual(await readFile(file));
  await rm(place, { recursive: true });
  expect(await helm('template', 'madang', ...from, '--kube-version', KUBERNETES)).toContain(
    `image: ${address}/madang/tools:${version}`,
  );
});

test('given a registry that is not there, when the chart is published, then the reason is said', async () => {
  const file = await packageChart('localhost:9');
  await expect(pushChart(file, 'localhost:9')).rejects.toThrow(/connection refused/);
});
