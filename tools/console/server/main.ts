import { mkdirSync } from 'node:fs';
import { consolePort, home } from '../../run/paths.ts';
import { Feed } from './feed.ts';
import { type ConsoleOptions, consoleServer } from './http.ts';
import { orders, questions } from './laptop.ts';
import { runner } from './runs.ts';

interface Parts {
  readonly feed: Feed;
  readonly options: ConsoleOptions;
}

function onLaptop(): Parts {
  mkdirSync(`${home}/logs`, { recursive: true });
  const feed = new Feed(runner);
  const names = [`localhost:${consolePort}`, `127.0.0.1:${consolePort}`];
  return { feed, options: { more: { ...questions(feed), ...orders(feed) }, isOwn: (host) => names.includes(host) } };
}

/** @throws Error with a sentence */
async function inCluster(services: string): Promise<Parts> {
  const { CONSOLE_PROFILE, CONSOLE_TOKENS = '', CONSOLE_HOSTS = '' } = process.env;
  const { InCluster } = await import('./cluster.ts');
  const profile = CONSOLE_PROFILE === 'light' ? 'light' : 'full';
  const names = ['localhost', '127.0.0.1', ...CONSOLE_HOSTS.split(',').filter(Boolean)];
  return {
    feed: new Feed(new InCluster({ services, profile, tokens: CONSOLE_TOKENS })),
    // Whatever port of the machine leads here (`kubectl port-forward`).
    options: { isOwn: (host) => names.includes(host.replace(/:\d+$/, '')) },
  };
}

/**
 * The console's own process, which may be stopped and started at any time. `./run up` starts it beside the supervisor; in a
 * cluster the chart starts it with a list of services, and it is read-only.
 */
async function main(): Promise<void> {
  const { CONSOLE_SERVICES, HOST = '127.0.0.1' } = process.env;
  const { feed, options } = CONSOLE_SERVICES === undefined ? onLaptop() : await inCluster(CONSOLE_SERVICES);
  const server = consoleServer(feed, options);
  // `::`: every address there is, of IPv6 and IPv4.
  server.listen({ port: consolePort, ...(HOST === '::' ? {} : { host: HOST }) });
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => {
      feed.close();
      server.close(() => process.exit(0));
      server.closeAllConnections();
    });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
