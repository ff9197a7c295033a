import { httpTransport, log, main, portFrom, Sidecar, serve } from '../kit/index.ts';
import { gateway } from './app.ts';
import { Following } from './following.ts';
import type { Given, Opened } from './grpc/server.ts';
import { LIMITS } from './limits.ts';
import type { PageFiles } from './page.ts';
import { outsideFrom } from './public-base.ts';
import { routes } from './routes.ts';

/** The bundle with the entrance for gRPC, and the .proto of the system in it. */
interface Grpc {
  open(given: Omit<Given, 'proto'>): Promise<Opened>;
}

/**
 * Starts the gateway of the system that APP_ID names; the build calls it.
 * @param page the page of that system
 * @param document its OpenAPI document
 * @param grpc loads the entrance for gRPC, which is opened on GRPC_PORT where that is set
 */
export const enter = (page: PageFiles, document: object, grpc: () => Promise<Grpc>): Promise<void> =>
  main(async () => {
    const { env } = process;
    const port = portFrom('DAPR_HTTP_PORT');
    const sidecar = new Sidecar(httpTransport(port, { connections: LIMITS.places }), env.APP_ID ?? '');
    if (!routes[sidecar.system])
      throw new Error(`APP_ID must be <system>-gateway with one of the systems ${Object.keys(routes).join(', ')}.`);
    const probe = httpTransport(port, { connections: 2 });
    // Read where it is needed alone: it brings what checks signatures.
    const tokens = env.AUTH_ISSUER ? await import('./tokens.ts') : undefined;
    const [admission, signIn] = [tokens?.tokensFrom(env), tokens?.signInFrom(env)];
    const following = new Following(sidecar, env.APP_API_TOKEN);
    const app = gateway(sidecar, { admission, signIn, outside: outsideFrom(env), probe, page, document, following });
    const host = env.HOST ?? '127.0.0.1';
    const given = { gateway: app, system: sidecar.system, document, host, log };
    const opened = env.GRPC_PORT ? await openedBy(grpc, { ...given, port: portFrom('GRPC_PORT') }) : undefined;
    let closed: Promise<void> | undefined;
    await serve({
      app,
      start: () => following.start(), // it is ready when its sidecar is, and says so when it is asked
      drain() {
        closed = opened?.close();
      },
      async close() {
        await Promise.all([following.close(), closed]);
        await Promise.all([sidecar.transport.close(), probe.close()]);
      },
    });
  });

async function openedBy(grpc: () => Promise<Grpc>, given: Omit<Given, 'proto'>): Promise<Opened> {
  const { port } = given;
  const opened = await (await grpc()).open(given).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Error(
      `GRPC_PORT is ${port}, and somebody listens there already; set it to a free port, or leave it out.`,
    );
  });
  log.info('listening for gRPC', { port });
  return opened;
}
