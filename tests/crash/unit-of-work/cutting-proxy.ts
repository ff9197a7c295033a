import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What stands between a sidecar and its store. */
export interface CuttingProxy {
  readonly port: number;
  /** A request to it, whatever it is, asks for the cut. */
  readonly cutPort: number;
  close(): void;
}

/** Passes bytes on; asked to, it drops the next answer of the store and breaks every connection. */
export async function cuttingProxy(target: number): Promise<CuttingProxy> {
  let cut = false;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const store = connect(target, '127.0.0.1');
    for (const socket of [client, store]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          client.destroy();
          store.destroy();
        });
    }
    client.on('data', (chunk) => store.write(chunk));
    store.on('data', (chunk) => {
      if (!cut) return void client.write(chunk);
      cut = false;
      for (const socket of sockets) socket.destroy();
    });
  });
  const control = createHttpServer((_, response) => {
    cut = true;
    response.end();
  });
  const servers: readonly (Server | HttpServer)[] = [proxy, control];
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  const portOf = (server: Server | HttpServer): number => (server.address() as { port: number }).port;
  return {
    port: portOf(proxy),
    cutPort: portOf(control),
    close() {
      for (const server of servers) server.close();
    },
  };
}
