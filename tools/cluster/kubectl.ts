import { execFile, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../run/paths.ts';
import { type LoadResult, RESULT } from './load.ts';

export type Json = Record<string, unknown>;
export const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** A namespace of whatever cluster KUBECONFIG names. */
export class Cluster {
  constructor(readonly namespace: string) {}

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
  async load(name: string, options: { url: string; body: Json; users: number; seconds: number }): Promise<LoadResult> {
    const image = (await this.field('deployment/lecture-gateway', '.spec.template.spec.containers[0].image')).replace(
      '/lecture-gateway:',
      '/tools:',
    );
    const { url, body, users, seconds } = options;
    const words = ['load', '--url', url, '--body', JSON.stringify(body), '--users', users, '--seconds', seconds];
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        containers: [{ name: 'load', image, args: words.map(String), imagePullPolicy: 'IfNotPresent' }],
      },
    };
    await this.remove(name);
    await this.apply(pod);
    try {
      await until(`${name} runs`, 60_000, async () => {
        const phase = await this.field(`pod/${name}`, '.status.phase');
        return phase === 'Running' || phase === 'Succeeded' ? true : undefined;
      });
      const output = await this.follow(name, (line) => {
        if (!line.startsWith(RESULT)) print(`    ${line}`);
      });
      const line = output.split('\n').find((candidate) => candidate.startsWith(RESULT));
      if (!line) throw new Error(`The load broke off: ${output.slice(-300)}`);
      return JSON.parse(line.slice(RESULT.length)) as LoadResult;
    } finally {
      await this.remove(name);
    }
  }

  private remove(pod: string): Promise<string> {
    return this.kubectl('delete', 'pod', pod, '--ignore-not-found', '--grace-period=1');
  }

  private apply(resource: object): Promise<void> {
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
      const child = spawn('kubectl', ['-n', this.namespace, 'logs', '-f', pod], {
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

  /** The gateway's Service on a port of this machine while `use` works. */
  async through<T>(service: string, use: (ask: Ask) => Promise<T>): Promise<T> {
    const port = await freePort();
    const forward = spawn('kubectl', ['-n', this.namespace, 'port-forward', `svc/${service}`, `${port}:8080`], {
      stdio: 'ignore',
    });
    const ask: Ask = async (method, path, body) => {
      const began = performance.now();
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        signal: AbortSignal.timeout(15_000),
        ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
      });
      const text = await response.text();
      const answer = text.startsWith('{') ? (JSON.parse(text) as Json) : {};
      return { status: response.status, answer, ms: Math.round(performance.now() - began) };
    };
    try {
      await until(`${service} is reachable`, 20_000, async () =>
        (await ask('GET', '/').catch(() => undefined)) ? true : undefined,
      );
      return await use(ask);
    } finally {
      forward.kill();
    }
  }
}

export type Ask = (method: string, path: string, body?: Json) => Promise<{ status: number; answer: Json; ms: number }>;

/** Asks until there is an answer. */
export async function until<T>(what: string, limitMs: number, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await sleep(250);
  }
}
