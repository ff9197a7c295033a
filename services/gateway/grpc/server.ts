import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { LIMITS, Shares } from '../limits.ts';
import { shareOf } from '../share.ts';
import { CHANNEL, patient, sharesOfGrpc } from './bounds.ts';
import { type Surroundings, unary } from './call.ts';
import { packageOf, serviceIn } from './definitions.ts';
import { health } from './health.ts';
import { askInward } from './inward.ts';
import { type Document, operationsOf } from './operations.ts';
import { HEALTH, REFLECTION } from './protocols.ts';
import { reflection } from './reflection.ts';

const FINISH_MS = 6_000;

/** What a gateway gives its gRPC entrance. */
export interface Given {
  /** The gateway: it is asked within this process. */
  readonly gateway: HttpServer;
  readonly system: string;
  /** Its OpenAPI document. */
  readonly document: object;
  /** The text of docs/proto/<system>.proto. */
  readonly proto: string;
  readonly port: number;
  readonly host: string;
  readonly log: Surroundings['log'];
  readonly limits?: Partial<typeof LIMITS>;
}

export interface Opened {
  readonly port: number;
  /** Takes no more, finishes what is under way, then closes. */
  close(): Promise<void>;
}

/**
 * Serves a system over gRPC, without TLS: each route of its document as a method, with reflection and health.
 * @throws what keeps it from listening
 */
export async function openGrpc(given: Given): Promise<Opened> {
  const limits = { ...LIMITS, ...given.limits };
  const sockets = new Map<string, Socket>();
  const server = new Server({ ...CHANNEL, interceptors: [patient(limits)] });
  serve(server, given, {
    gateway: given.gateway,
    limits,
    answers: new Shares(limits.answers, limits.answersPerAddress),
    cut: (peer) => sockets.get(peer)?.destroy(),
    log: given.log,
  });
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const { connections } = sharesOfGrpc();
  const net = createServer((socket) => {
    const share = shareOf(socket.remoteAddress ?? '');
    socket.on('error', () => undefined);
    if (!connections.take(share)) return socket.destroy();
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    sockets.set(peer, socket);
    socket.setNoDelay(true);
    socket.once('close', () => {
      connections.give(share);
      sockets.delete(peer);
    });
    injector.injectConnection(socket);
  });
  return { port: await listening(net, given), close: () => closing(net, server, sockets) };
}

async function listening(net: NetServer, { port, host }: Given): Promise<number> {
  net.listen({ port, ...(host === '::' ? {} : { host }) });
  await once(net, 'listening');
  const address = net.address();
  return typeof address === 'object' && address ? address.port : port;
}

async function closing(net: NetServer, server: Server, sockets: ReadonlyMap<string, Socket>): Promise<void> {
  net.close();
  await new Promise<void>((resolve) => {
    const late = setTimeout(() => resolve(), FINISH_MS);
    server.tryShutdown(() => {
      clearTimeout(late);
      resolve();
    });
  });
  server.forceShutdown();
  for (const socket of sockets.values()) socket.destroy();
}

/** Adds all services to the server. */
function serve(server: Server, { system, document, proto, gateway }: Given, around: Surroundings): void {
  const definitions = packageOf(proto);
  const services = new Map<string, Record<string, ReturnType<typeof unary>>>();
  for (const operation of operationsOf(document as Document)) {
    const name = `madang.${system}.v1.${operation.service}`;
    services.set(name, { ...services.get(name), [operation.name]: unary(operation, around) });
  }
  for (const [name, methods] of services) server.addService(serviceIn(definitions, name), methods);
  const asHealth = packageOf(HEALTH, false);
  const local = { address: '127.0.0.1', port: 0 };
  const ready = { method: 'GET', target: '/readyz', headers: { host: 'localhost' } };
  const isReady = (): Promise<boolean> =>
    askInward(gateway, local, ready).then(
      ({ status }) => status === 204,
      () => false,
    );
  server.addService(serviceIn(asHealth, 'grpc.health.v1.Health'), health(new Set(services.keys()), isReady));
  addReflection(server, { ...definitions, ...asHealth });
}

function addReflection(server: Server, shown: PackageDefinition): void {
  const versions = Object.entries(REFLECTION).map(
    ([version, text]) => [`grpc.reflection.${version}.ServerReflection`, packageOf(text, false)] as const,
  );
  const all = Object.assign({}, shown, ...versions.map(([, definition]) => definition)) as PackageDefinition;
  const answers = reflection(all);
  for (const [name, definition] of versions) server.addService(serviceIn(definition, name), answers);
}
