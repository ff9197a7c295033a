import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { gateway } from '../../../services/gateway/app.ts';
import { log, Sidecar } from '../../../services/kit/index.ts';
import { type Given, given, MemoryBackend } from '../../../services/kit/testing/index.ts';
import { definitionsOf } from '../../../tools/run/infrastructure/definitions.ts';
import { root } from '../../../tools/run/paths.ts';

/** A whole system in this process, on the memory sidecar, behind its real entrance. */
export interface InMemory {
  /** Address of its gateway. */
  readonly gateway: string;
  close(): Promise<void>;
}

const PAUSE_MS = 5;

export async function inMemory(system: string): Promise<InMemory> {
  log.silent = true;
  const { data } = parse(await readFile(join(root, `helm/madang/config/${system}.yaml`), 'utf8')) as {
    data: Record<string, string>;
  };
  const backend = new MemoryBackend({ configuration: data });
  const services: Given[] = [];
  for (const [name, definition] of await definitionsOf(system))
    services.push(await given(`${system}-${name}`, definition, { backend }));
  const document = JSON.parse(await readFile(join(root, `docs/openapi/${system}.json`), 'utf8')) as object;
  const appId = `${system}-gateway`;
  const server = gateway(new Sidecar(backend.sidecar(appId), appId), { document }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  let isOpen = true;
  const delivering = (async () => {
    for (; isOpen; await sleep(PAUSE_MS)) await backend.settle();
  })();
  return {
    gateway: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      isOpen = false;
      await delivering;
      server.closeAllConnections();
      server.close();
      for (const service of services) await service.close();
    },
  };
}
