import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageChart, pushChart, speech } from '../../tools/release/chart.ts';
import { goProgram } from '../../tools/run/provision/go.ts';
import { helm, KUBERNETES } from './helm.ts';

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

test('given the chart is published, when it is pulled and rendered, then it is the package, with images of the registry', async () => {
  const file = await packageChart(address);
  await pushChart(file, address);
  const [, version = ''] = /-(\d+\.\d+\.\d+)\.tgz$/.exec(file) ?? [];
  const reference = `oci://${address}/charts/madang`;
  const from = [reference, '--version', version, ...speech(reference)];
  const place = await mkdtemp(join(tmpdir(), 'madang-pulled-'));
  expect(await helm(['pull', ...from, '--destination', place])).toMatchObject({ code: 0 });
  expect(await readFile(join(place, basename(file)))).toEqual(await readFile(file));
  await rm(place, { recursive: true });
  const { code, output } = await helm(['template', 'madang', ...from, '--kube-version', KUBERNETES]);
  expect(code).toBe(0);
  expect(output).toContain(`image: ${address}/madang/tools:${version}`);
});

test('given a registry that is not there, when the chart is published, then the reason is said', async () => {
  const file = await packageChart('localhost:9');
  await expect(pushChart(file, 'localhost:9')).rejects.toThrow(/connection refused/);
});
