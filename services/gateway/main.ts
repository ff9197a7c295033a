import { httpTransport, main, portFrom, Sidecar, serve } from '../kit/index.ts';
import { gateway } from './app.ts';
import { LIMITS } from './limits.ts';
import type { PageFiles } from './page.ts';
import { outsideFrom } from './public-base.ts';
import { routes } from './routes.ts';

/**
 * Starts the gateway of the system that APP_ID names; the build calls it.
 * @param page the page of that system
 * @param document its OpenAPI document
 */
export const enter = (page: PageFiles, document: object): Promise<void> =>
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
    const app = gateway(sidecar, { admission, signIn, outside: outsideFrom(env), probe, page, document });
    await serve({
      app,
      start: async () => undefined, // it is ready when its sidecar is, and says so when it is asked
      async close() {
        await Promise.all([sidecar.transport.close(), probe.close()]);
      },
    });
  });
