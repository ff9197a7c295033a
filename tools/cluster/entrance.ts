import { spawn } from 'node:child_process';
import { request } from 'undici';
import { freePort } from '../run/paths.ts';
import type { Cluster, Json } from './kubectl.ts';
import { until } from './until.ts';

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

/** Where clients come in: Istio's ingress with the host it knows the system by, or the gateway's own Service. */
export async function entranceOf(cluster: Cluster, system = 'lecture'): Promise<Entrance> {
  const { namespace, ingress } = cluster;
  const host = await cluster.field(`virtualservice/${system}-gateway`, '.spec.hosts[0]').catch(() => '');
  const path = ['get', 'service', '-l', 'istio=ingressgateway', '-o', 'jsonpath={.items[0].metadata.name}'];
  const service =
    host &&
    (await cluster
      .in(ingress)
      .kubectl(...path)
      .catch(() => ''));
  return service
    ? { namespace: ingress, service, port: 80, host }
    : { namespace, service: `${system}-gateway`, port: 8080, host: undefined };
}

/** A Service of the cluster's namespace on a port of this machine while `use` works. */
export async function forwarded<T>(
  { namespace }: Cluster,
  service: string,
  target: number,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const forward = spawn('kubectl', ['-n', namespace, 'port-forward', `svc/${service}`, `${port}:${target}`], {
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

/** The entrance of the system whose gateway this is, while `use` works. */
export async function through<T>(cluster: Cluster, gateway: string, use: (ask: Ask) => Promise<T>): Promise<T> {
  const { namespace, service, port: target, host } = await entranceOf(cluster, gateway.replace('-gateway', ''));
  return forwarded(cluster.in(namespace), service, target, (port) =>
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
