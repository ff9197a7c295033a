/** One real sidecar beside an app that takes events, on components as the chart renders them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../../tools/run/paths.ts';
import type { ProcessSpec } from '../../tools/run/process.ts';
import { daprd } from '../../tools/run/provision/daprd.ts';
import { sidecarSpec } from '../../tools/run/supervisor/services.ts';

export interface Sidecar {
  readonly spec: ProcessSpec;
  readonly app: Server;
  /** What came, by the name of the pub/sub component. */
  readonly events: { pubsub: string; data: unknown }[];
  /** Calls its HTTP API. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
}

/** An app that subscribes to a topic of these components and takes every event. */
function subscriber(pubsubs: readonly string[], topic: string, events: Sidecar['events']): Server {
  return createServer(async (request, response) => {
    const answer = (body: unknown): void =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.url === '/dapr/subscribe')
      return answer(pubsubs.map((pubsubname) => ({ pubsubname, topic, route: '/events' })));
    if (request.url !== '/events') return void response.writeHead(404).end();
    const chunks = await request.toArray();
    const { pubsubname, data } = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as Record<string, unknown>;
    events.push({ pubsub: String(pubsubname), data });
    return answer({ status: 'SUCCESS' });
  });
}

/**
 * @param folder of the components; its own files are put beside it
 * @param authorities folder that the sidecar reads authorities from besides the public ones, as a pod's volume is
 */
export async function sidecarBeside(
  folder: string,
  { pubsubs, topic, authorities }: { pubsubs: readonly string[]; topic: string; authorities: string },
): Promise<Sidecar> {
  const events: Sidecar['events'] = [];
  const app = subscriber(pubsubs, topic, events);
  const port = await freePort();
  await new Promise<void>((done) => app.listen(port, '127.0.0.1', done));
  const configFile = join(folder, '../configuration.yaml');
  await mkdir(folder, { recursive: true });
  const configuration = { apiVersion: 'dapr.io/v1alpha1', kind: 'Configuration', metadata: { name: 'stores' } };
  const names = {
    component: 'sqlite',
    version: 'v1',
    configuration: { connectionString: join(folder, '../names.db') },
  };
  const spec = { metrics: { enabled: false }, nameResolution: names };
  await writeFile(configFile, JSON.stringify({ ...configuration, spec }));
  const [http, grpc, internal, metrics] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const ports = { app: port, http, grpc, internal, metrics };
  const service = { system: 'lecture', name: 'pay', appId: 'lecture-pay', command: [], cwd: folder, env: {} };
  const replica = { service: { ...service, ports, sidecarFlags: [] }, number: 1, ports };
  const { command } = await daprd(() => undefined);
  const rendered = sidecarSpec(replica, command, { configFile, resourcesPaths: [folder] });
  return {
    spec: { ...rendered, env: { ...rendered.env, SSL_CERT_DIR: authorities } },
    app,
    events,
    async call(method, path, body) {
      const response = await fetch(`http://127.0.0.1:${http}${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
    },
  };
}
