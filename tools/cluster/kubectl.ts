import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

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

  /** Takes away all pods of a Deployment, and waits until they are gone. */
  async stop(deployment: string): Promise<void> {
    await this.kubectl('scale', `deployment/${deployment}`, '--replicas=0');
    await this.kubectl('wait', '--for=delete', 'pod', '-l', `app=${deployment}`, '--timeout=120s');
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

  /** Runs JavaScript in a pod of a service. */
  run(pod: string, container: string, script: string): Promise<string> {
    return this.kubectl('exec', pod, '-c', container, '--', 'node', '-e', script);
  }
}
