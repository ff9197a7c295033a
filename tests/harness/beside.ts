import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as connectable } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Express } from 'express';
import type { ZodObject } from 'zod';
import { type App, assemble, type Service } from '../../services/kit/index.ts';
import { infrastructure } from '../../tools/run/infrastructure/infra.ts';
import { renderComponents } from '../../tools/run/infrastructure/render.ts';
import { type Ports, readTemplate, type ServiceTemplate } from '../../tools/run/infrastructure/templates.ts';
import { home } from '../../tools/run/paths.ts';
import type { Addresses, ProcessSpec } from '../../tools/run/process.ts';
import { daprd } from '../../tools/run/provision/daprd.ts';
import { Child } from '../../tools/run/supervisor/child.ts';
import { defaultPorts, sidecarSpec } from '../../tools/run/supervisor/services.ts';

/** One service of a system, alone with a real sidecar and a real Redis: its Express app for supertest, and its broker. */
export interface Beside {
  readonly app: Express;
  /** Puts an event on the system's topic, as another service would. */
  publish(event: { type: string; data: object; id?: string; version?: number }): Promise<void>;
  close(): Promise<void>;
}

/** Longer than Dapr by itself goes on asking an app that is gone. */
const AWAY_MS = 5_000;

/** An app that dies as soon as its sidecar has found it, and stays away for a while. */
async function diesWhenFound(port: number): Promise<void> {
  const doomed = connectable((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(doomed, 'connection');
  doomed.close();
  await once(doomed, 'close');
  await sleep(AWAY_MS);
}

const silent = (): void => undefined;
const childOf = (spec: ProcessSpec): Child => new Child(spec, join(home, 'logs', `${spec.id}.log`));

/** Starts the stores and the broker of a system, and prepares them. Whatever goes wrong, nothing is left running. */
async function stores(system: string): Promise<{ children: Child[]; addresses: Addresses }> {
  const { specs, addresses, prepare } = await infrastructure('light', [system], silent);
  const children = specs.map(childOf);
  process.once('exit', () => {
    for (const child of children) child.kill();
  });
  for (const child of children) child.start();
  for (const child of children) await child.whenHealthy(30_000);
  await prepare();
  return { children, addresses };
}

/** The sidecar of a service, not started yet. */
async function sidecarOf(service: ServiceTemplate, ports: Ports, addresses: Addresses): Promise<Child> {
  const rendered = await renderComponents('light', [service.system], addresses);
  const { command } = await daprd(silent);
  return childOf(sidecarSpec({ service, number: 1, ports }, command, rendered));
}

/**
 * Starts a service in this process beside its sidecar; what it calls is not there.
 * @param dies whether a life before it ends at the worst moment of the sidecar's start
 */
export async function beside<S extends ZodObject>(appId: string, service: Service<S>, dies = false): Promise<Beside> {
  const system = appId.slice(0, appId.indexOf('-'));
  const template = (await readTemplate(system)).find((found) => found.appId === appId);
  if (!template) throw new Error(`dapr/${system}.yaml has no ${appId}`);
  const { children, addresses } = await stores(system);
  const ports = defaultPorts(template, 1);
  const sidecar = await sidecarOf(template, ports, addresses);
  children.unshift(sidecar);
  sidecar.start();
  if (dies) await diesWhenFound(ports.app);

  const assembled: App = assemble(service, { dapr: ports.http, appId, instance: `${appId}-1` });
  await assembled.start();
  const server = createServer(assembled.app);
  await new Promise<void>((resolve) => server.listen(ports.app, '127.0.0.1', resolve));
  await sidecar.whenHealthy(30_000);

  let count = 0;
  return {
    app: assembled.app,
    async publish({ type, data, id = `test/${Date.now()}/${count++}`, version = 1 }) {
      const cloudEvent = {
        specversion: '1.0',
        id,
        type,
        source: 'test',
        datacontenttype: 'application/json',
        aggregateversion: version,
        data: { eventType: type, ...data },
      };
      const failed = await assembled.sidecar.publish(system, [{ partitionKey: id, cloudEvent }]);
      if (failed.size > 0) throw new Error(`${type} was not published`);
    },
    async close() {
      await assembled.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      for (const child of children) await child.stop();
    },
  };
}
