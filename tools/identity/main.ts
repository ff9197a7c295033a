import { readTemplate, systems } from '../run/infrastructure/templates.ts';
import { identityPort, issuer, portOffset } from '../run/paths.ts';
import { provider } from './provider.ts';
import { identityServer } from './server.ts';

/** Where people find the page of a system. */
async function pagesOf(system: string): Promise<readonly [string, readonly string[]]> {
  const gateway = (await readTemplate(system)).find(({ name }) => name === 'gateway');
  const port = (gateway?.ports.app ?? 0) + portOffset;
  return [system, ['localhost', '127.0.0.1'].map((host) => `http://${host}:${port}/app/`)];
}

const pages = Object.fromEntries(await Promise.all((await systems()).map(pagesOf)));
const server = identityServer(await provider(issuer, pages)).listen(identityPort, '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
