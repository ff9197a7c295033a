import { spawn } from 'node:child_process';
import { entranceOf } from './entrance.ts';
import { type Cluster, type Json, print } from './kubectl.ts';
import { type LoadResult, RESULT } from './load.ts';
import { until } from './until.ts';

/** What a pod of the tools image is made with, where it differs. */
export interface ToolsPod {
  readonly labels?: Record<string, string>;
  readonly serviceAccountName?: string;
  /** The release's own where nothing is said. */
  readonly image?: string;
  /** What else its specification, and its container, have. */
  readonly spec?: Json;
  readonly container?: Json;
}

/** A pod that may do what the services' `prepare` may: speak to broker and stores, with their logins. */
export async function asPrepare(cluster: Cluster, deployment: string): Promise<ToolsPod> {
  const { metadata, spec } = JSON.parse(await cluster.field(`deployment/${deployment}`, '.spec.template')) as {
    metadata: { labels: Record<string, string> };
    spec: { serviceAccountName: string; volumes: Json[]; initContainers?: (Json & { name: string })[] };
  };
  const prepare = spec.initContainers?.find(({ name }) => name === 'prepare');
  if (!prepare) throw new Error(`${deployment} has no init container prepare, whose settings are needed.`);
  // With the label of its service it would get that service's requests.
  const { app, ...labels } = metadata.labels;
  const { env, volumeMounts } = prepare;
  const { serviceAccountName, volumes } = spec;
  return { labels, serviceAccountName, spec: { volumes }, container: { env, volumeMounts } };
}

/** Load from inside the cluster: a pod of the tools image that lives as long as the load lasts. */
export async function underLoad(
  cluster: Cluster,
  name: string,
  options: { path: string; body: Json; users: number; seconds: number },
): Promise<LoadResult> {
  const { path, body, users, seconds } = options;
  const { namespace, service, port, host } = await entranceOf(cluster);
  const words = ['load', '--url', `http://${service}.${namespace}:${port}${path}`, '--body', JSON.stringify(body)];
  words.push('--users', String(users), '--seconds', String(seconds), ...(host ? ['--host', host] : []));
  const release = await cluster.release();
  const labels = { 'app.kubernetes.io/instance': release, 'madang/client': 'true' };
  const output = await once(cluster, name, words, { labels, serviceAccountName: `${release}-client` });
  const line = output.split('\n').find((candidate) => candidate.startsWith(RESULT));
  if (!line) throw new Error(`The load broke off: ${output.slice(-300)}`);
  return JSON.parse(line.slice(RESULT.length)) as LoadResult;
}

/** Runs the tools once, in a pod that is gone afterwards; answers what they printed. */
export async function once(cluster: Cluster, name: string, words: string[], pod: ToolsPod = {}): Promise<string> {
  const { labels, serviceAccountName, image = await cluster.toolsImage(), spec, container } = pod;
  const security = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  const remove = () => cluster.kubectl('delete', 'pod', name, '--ignore-not-found', '--grace-period=1');
  await remove();
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    // With Istio a pod ends only if its proxy ends with it.
    metadata: { name, labels, annotations: { 'sidecar.istio.io/nativeSidecar': 'true' } },
    spec: {
      restartPolicy: 'Never',
      serviceAccountName,
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      ...spec,
      containers: [
        {
          name: 'tools',
          image,
          args: words,
          imagePullPolicy: 'IfNotPresent',
          securityContext: security,
          ...container,
        },
      ],
    },
  });
  try {
    await until(`${name} runs`, 180_000, async () => {
      const phase = await cluster.field(`pod/${name}`, '.status.phase');
      return ['Running', 'Succeeded', 'Failed'].includes(phase) ? true : undefined;
    });
    return await follow(cluster, name, (line) => {
      if (!line.startsWith(RESULT)) print(`    ${line}`);
    });
  } finally {
    await remove();
  }
}

/** @returns all that the pod printed until it ended */
function follow({ namespace }: Cluster, pod: string, onLine: (line: string) => void): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn('kubectl', ['-n', namespace, 'logs', '-f', pod, '-c', 'tools'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 300_000,
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const begun = output.slice(output.lastIndexOf('\n') + 1);
      output += chunk;
      for (const line of `${begun}${chunk}`.split('\n').slice(0, -1)) onLine(line);
    });
    child.once('error', fail);
    child.once('close', () => done(output));
  });
}
