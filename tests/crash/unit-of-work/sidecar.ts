import type { ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../../tools/run/paths.ts';
import { daprd } from '../../../tools/run/provision/daprd.ts';
import { background, until } from '../parts.ts';

const configurationIn = (folder: string): string =>
  JSON.stringify({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Configuration',
    metadata: { name: 'crash' },
    spec: {
      nameResolution: {
        component: 'sqlite',
        version: 'v1',
        configuration: { connectionString: join(folder, 'names.db'), cleanupInterval: '0' },
      },
    },
  });

/**
 * Starts a sidecar that is not the runner's, and waits until it is well.
 * @param components the text of each file, by the component's name
 * @returns the process, and its HTTP port
 */
export async function sidecar(
  appId: string,
  folder: string,
  components: Readonly<Record<string, string>>,
): Promise<[ChildProcess, number]> {
  const resources = join(folder, 'components');
  await mkdir(resources, { recursive: true });
  for (const [name, text] of Object.entries(components)) await writeFile(join(resources, `${name}.yaml`), text);
  const configuration = join(folder, 'configuration.yaml');
  await writeFile(configuration, configurationIn(folder));
  const [http, grpc, internal, metrics] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const { command } = await daprd(console.log);
  const flags = [
    ...['--app-id', appId, '--resources-path', resources, '--config', configuration],
    ...['--dapr-http-port', String(http), '--dapr-grpc-port', String(grpc)],
    ...['--dapr-internal-grpc-port', String(internal)],
    ...['--metrics-port', String(metrics), '--metrics-listen-address', '127.0.0.1'],
    ...['--dapr-listen-addresses', '127.0.0.1', '--dapr-internal-grpc-listen-address', '127.0.0.1'],
    ...['--placement-host-address', '', '--scheduler-host-address', ''],
  ];
  const child = background([...command, ...flags], { output: join(folder, 'daprd.log') });
  const healthy = async (): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${http}/v1.0/healthz/outbound`)).status === 204;
  if (!(await until(healthy, 60_000))) throw new Error(`the sidecar did not start, see ${folder}/daprd.log`);
  return [child, http];
}
