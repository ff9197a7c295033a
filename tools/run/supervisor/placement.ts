import { portTaken } from '../infrastructure/system.ts';
import type { ServiceTemplate } from '../infrastructure/templates.ts';
import { freePort } from '../paths.ts';
import { defaultPorts, type Replica } from './services.ts';

/**
 * The replicas that are missing, with their ports; a gateway's for gRPC is the one above that for HTTP.
 * @param services that are to run, some of them perhaps running
 * @param wanted number of replicas by app id; 1 where nothing is said
 * @param running number of replicas that are there already
 * @throws Error when somebody else has a port at which people look for a service
 */
export async function place(
  services: readonly ServiceTemplate[],
  wanted: Readonly<Record<string, number>>,
  running: (appId: string) => number,
  grpc: boolean,
): Promise<Replica[]> {
  const added: Replica[] = [];
  const all = [...new Set(services)];
  // Nobody listens yet at what is given out here, and many replicas would soon have two of them at one port.
  const promised = new Set(all.flatMap((service) => [1, 2].flatMap((of) => Object.values(defaultPorts(service, of)))));
  for (const service of all) {
    const there = running(service.appId);
    const count = Math.max(wanted[service.appId] ?? 1, there);
    for (let number = there + 1; number <= count; number++) {
      const ports = await portsOf(service, number, promised);
      const isReached = grpc && service.name === 'gateway';
      added.push({ service, number, ports, ...(isReached ? { grpcPort: await grpcPortOf(service, number) } : {}) });
    }
  }
  return added;
}

/** @param promised takes up what is given */
async function portsOf(service: ServiceTemplate, number: number, promised: Set<number>): Promise<Replica['ports']> {
  const ports = defaultPorts(service, number);
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) {
    // Those of a third would be a second's, or a first's of another kind.
    const port = await freePort(number > 2 ? undefined : ports[name], promised);
    promised.add(port);
    // People find a service at its port; a sidecar is found by its app, and a further replica by the sidecars.
    if (port !== ports[name] && number === 1 && name === 'app') throw new Error(portTaken(ports[name], service.appId));
    ports[name] = port;
  }
  return ports;
}

async function grpcPortOf(service: ServiceTemplate, number: number): Promise<number> {
  const wanted = defaultPorts(service, number).app + 1;
  const port = await freePort(number > 2 ? undefined : wanted);
  if (port !== wanted && number === 1) throw new Error(portTaken(wanted, `gRPC of ${service.appId}`));
  return port;
}
