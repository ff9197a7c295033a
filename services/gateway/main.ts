import { main, portFrom, Sidecar, serve } from '../kit/index.ts';
import { gateway } from './app.ts';
import { routes } from './routes.ts';
import { tokensFrom } from './tokens.ts';

await main(async () => {
  const appId = process.env.APP_ID ?? '';
  const sidecar = new Sidecar(portFrom('DAPR_HTTP_PORT'), appId);
  if (!routes[sidecar.system])
    throw new Error(`APP_ID must be <system>-gateway with one of the systems ${Object.keys(routes).join(', ')}.`);
  await serve({
    app: gateway(sidecar, tokensFrom(process.env)),
    start: () => sidecar.reachable(60_000),
    close: () => sidecar.transport.close(),
  });
});
