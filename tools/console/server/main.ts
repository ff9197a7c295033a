import { mkdirSync } from 'node:fs';
import { consolePort, home } from '../../run/paths.ts';
import { Feed } from './feed.ts';
import { consoleServer } from './http.ts';

/** The console's own process: `./run up` starts it beside the supervisor, and it may be stopped and started at any time. */
mkdirSync(`${home}/logs`, { recursive: true });
const feed = new Feed();
const server = consoleServer(feed);
server.listen(consolePort, '127.0.0.1');
for (const name of ['SIGTERM', 'SIGINT'] as const)
  process.once(name, () => {
    feed.close();
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
