import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { request } from 'undici';
import { freePort } from '../run/paths.ts';
import { type LoadResult, RESULT } from './load.ts';
import { until } from './until.ts';

export type Json = Record<string, unknown>;
export const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** A namespace of whatever cluster KUBECONFIG names. */
export class Cluster {
  /** @param ingress namespace of Istio's ingress gateway, where there is one */
  constructor(
    readonly namespace: string,
    readonly ingress = 'istio-system',
  ) {}

  /** The same with another namespace. */
  in(namespace: string): Cluster {
    return new Cluster(namespace, this.ingress);
  }

  /** Where clients come in: Istio's ingress with the host it knows the system by, or the gateway's own Service. */
  async entrance(system = 'lecture'): Promise<Entrance> {
    const host = await this.field(`virtualservice/${system}-gateway`, '.spec.hosts[0]').catch(() => '');
    const path = ['get', 'service', '-l', 'istio=ingressgateway', '-o', 'jsonpath={.items[0].metadata.name}'];
    const service =
      host &&
      (await this.in(this.ingress)
        .kubectl(...path)
        .catch(() => ''));
    return service
      ? { namespace: this.ingress, service, port: 80, host }
      : { namespace: this.namespace, service: `${system}-gateway`, port: 8080, host: undefined };
  }

  /** The name of the release that runs lecture. */
  release(): Promise<string> {
    return this.field('deployment/lecture-gateway', '.metadata.labels.app\\.kubernetes\\.io/instance');
  }

  /** The image with the tools, of the release's own version. */
  async toolsImage(): Promise<string> {
    const image = await this.field('deployment/lecture-gateway', '.spec.template.spec.containers[0].image');
    return image.replace('/lecture-gateway:', '/tools:');
  }

  /** kubectl in the namespace; answers what it prints. */
  async kubectl(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('kubectl', ['-n', this.namespace, ...args], {
      maxBuffer: 64 * 1024 * 1024,
      timeout: 180_000,
    });
    return stdout.trim();
  }

  /** A field of a resource, by JSONPath. */
  field(resource: string, path: string): Promise<string> {
    return this.kubectl('get', resource, '-o', `jsonpath={${path}}`);
  }

  /** Changes a Deployment and waits until the change is rolled out. */
  async change(deployment: string, patch: object): Promise<void> {
    await this.kubectl('patch', 'deployment', deployment, '--type', 'strategic', '-p', JSON.stringify(patch));
    await this.rolledOut(deployment);
  }

  async rolledOut(deployment: string): Promise<void> {
    await this.kubectl('rollout', 'status', `deployment/${deployment}`, '--timeout=170s');
  }

  /** The pod of a Deployment that is neither new nor leaving; the first one where there are several. */
  async pod(appId: string): Promise<string> {
    const pods = JSON.parse(await this.kubectl('get', 'pods', '-l', `app=${appId}`, '-o', 'json')) as {
      items: { metadata: { name: string; deletionTimestamp?: string } }[];
    };
    const found = pods.items.find(({ metadata }) => !metadata.deletionTimestamp);
    if (!found) throw new Error(`${appId} has no pod.`);
    return found.metadata.name;
  }

  async restarts(pod: string): Promise<number> {
    return Number((await this.field(`pod/${pod}`, '.status.containerStatuses[0].restartCount')) || 0);
  }

  /** Load from inside the cluster: a pod of the tools image that lives as long as the load lasts. */
  async load(name: string, options: { path: string; body: Json; users: number; seconds: number }): Promise<LoadResult> {
    const { path, body, users, seconds } = options;
    const { namespace, service, port, host } = await this.entrance();
    const words = ['load', '--url', `http://${service}.${namespace}:${port}${path}`, '--body', JSON.stringify(body)];
    words.push('--users', String(users), '--seconds', String(seconds), ...(host ? ['--host', host] : []));
    const release = await this.release();
    const labels = { 'app.kubernetes.io/instance': release, 'madang/client': 'true' };
    const output = await this.once(name, words, { labels, serviceAccountName: `${release}-client` });
    const line = output.split('\n').find((candidate) => candidate.startsWith(RESULT));
    if (!line) throw new Error(`The load broke off: ${output.slice(-300)}`);
    return JSON.parse(line.slice(RESULT.length)) as LoadResult;
  }

  /** Runs the tools once, in a pod that is gone afterwards; answers what they printed. */
  async once(
    name: string,
    words: string[],
    pod: { labels?: Record<string, string>; serviceAccountName?: string; image?: string } = {},
  ): Promise<string> {
    const { labels, serviceAccountName, image = await this.toolsImage() } = pod;
    const security = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    await this.remove(name);
    await this.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      // With Istio a pod ends only if its proxy ends with it.
      metadata: { name, labels, annotations: { 'sidecar.istio.io/nativeSidecar': 'true' } },
      spec: {
        restartPolicy: 'Never',
        serviceAccountName,
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [{ name: 'tools', image, args: words, imagePullPolicy: 'IfNotPresent', securityContext: security }],
      },
    });
    try {
      await until(`${name} runs`, 180_000, async () => {
        const phase = await this.field(`pod/${name}`, '.status.phase');
        return ['Running', 'Succeeded', 'Failed'].includes(phase) ? true : undefined;
      });
      return await this.follow(name, (line) => {
        if (!line.startsWith(RESULT)) print(`    ${line}`);
      });
    } finally {
      await this.remove(name);
    }
  }

  private remove(pod: string): Promise<string> {
    return this.kubectl('delete', 'pod', pod, '--ignore-not-found', '--grace-period=1');
  }

  /** Makes a resource, or changes it. */
  apply(resource: object): Promise<void> {
    return new Promise((done, fail) => {
      const child = spawn('kubectl', ['-n', this.namespace, 'apply', '-f', '-'], {
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      child.once('error', fail);
      child.once('close', (code) => (code === 0 ? done() : fail(new Error(`kubectl apply ended with ${code}`))));
      child.stdin.end(JSON.stringify(resource));
    });
  }

  private follow(pod: string, onLine: (line: string) => void): Promise<string> {
    return new Promise((done, fail) => {
      const child = spawn('kubectl', ['-n', this.namespace, 'logs', '-f', pod, '-c', 'tools'], {
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

  /** Runs JavaScript in a pod of a service. */
  run(pod: string, container: string, script: string): Promise<string> {
    return this.kubectl('exec', pod, '-c', container, '--', 'node', '-e', script);
  }

  /** A Service of the namespace on a port of this machine while `use` works. */
  async forwarded<T>(service: string, target: number, use: (port: number) => Promise<T>): Promise<T> {
    const port = await freePort();
    const forward = spawn('kubectl', ['-n', this.namespace, 'port-forward', `svc/${service}`, `${port}:${target}`], {
      stdio: 'ignore',
    });
    try {
      await until(`${service} is reachable`, 20_000, () =>
        request(`http://127.0.0.1:${port}/`).then(
          ({ body }) => body.dump().then(() => true),
          () => undefined,
        ),
      );
      return await use(port);
    } finally {
      forward.kill();
    }
  }

  /** The entrance of the system, while `use` works. */
  async through<T>(gateway: string, use: (ask: Ask) => Promise<T>): Promise<T> {
    const { namespace, service, port: target, host } = await this.entrance(gateway.replace('-gateway', ''));
    return this.in(namespace).forwarded(service, target, (port) =>
      use(async (method, path, body) => {
        const began = performance.now();
        const response = await request(`http://127.0.0.1:${port}${path}`, {
          method,
          signal: AbortSignal.timeout(15_000),
          headers: { ...(host ? { host } : {}), ...(body ? { 'content-type': 'application/json' } : {}) },
          body: body ? JSON.stringify(body) : null,
        });
        const text = await response.body.text();
        const answer = text.startsWith('{') ? (JSON.parse(text) as Json) : {};
        const requestId = String(response.headers['x-request-id'] ?? '');
        return { status: response.statusCode, answer, requestId, ms: Math.round(performance.now() - began) };
      }),
    );
  }
}

/** Where clients come in. */
export interface Entrance {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  /** What the Host header has to say. */
  readonly host: string | undefined;
}

export type Ask = (
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: Json,
) => Promise<{ status: number; answer: Json; requestId: string; ms: number }>;
