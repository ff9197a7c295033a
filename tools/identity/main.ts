import { readTemplate, systems } from '../run/infrastructure/templates.ts';
import { identityPort, issuer, portOffset } from '../run/paths.ts';
import { provider, type Served } from './provider.ts';
import { scopesOf } from './scopes.ts';
import { identityServer } from './server.ts';

/** The page of a system and its scopes. */
async function servedOf(system: string): Promise<readonly [string, Served]> {
  const gateway = (await readTemplate(system)).find(({ name }) => name === 'gateway');
  const port = (gateway?.ports.app ?? 0) + portOffset;
  const pages = ['localhost', '127.0.0.1'].map((host) => `http://${host}:${port}/app/`);
  return [system, { pages, scopes: await scopesOf(system) }];
}

const served = Object.fromEntries(await Promise.all((await systems()).map(servedOf)));
const server = identityServer(await provider(issuer, served)).listen(identityPort, '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
