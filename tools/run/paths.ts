import { connect, createServer } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** State of this clone: data, logs, rendered components. */
export const home = resolve(process.env.MADANG_HOME || join(root, '.madang'));

/** What is expensive to get and the same for every clone of this user: programs, jars, templates. */
export const cache = resolve(
  process.env.MADANG_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'madang'),
);

/** Added to every port, so that a second system (the tests) runs beside the first. */
export const portOffset = Number(process.env.MADANG_PORT_OFFSET || 0);

/** Where the console is. */
export const consolePort = 8000 + portOffset;
/** Where the supervisor takes orders from the command line and the console. */
export const controlPort = 8001 + portOffset;

/** Where the OpenID provider for development is, and what it is called in its tokens. */
export const identityPort = 8002 + portOffset;
export const issuer = `http://127.0.0.1:${identityPort}`;

/** Where Sentry signs certificates of sidecars (`--mtls`); at the port above it says whether it is well. */
export const sentryPort = 8003 + portOffset;

export function isListening(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect({ port, host });
    const end = (listening: boolean) => {
      socket.destroy();
      answer(listening);
    };
    socket.setTimeout(500, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

function canBind(port: number): Promise<number | undefined> {
  return new Promise((answer) => {
    const server = createServer();
    server.once('error', () => answer(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address ? address.port : undefined;
      server.close(() => answer(bound));
    });
  });
}

// Not of the range from which outgoing connections get theirs, or one of them could be there first when it is used.
const somePort = (): number => 26_000 + Math.floor(Math.random() * 6_000);

/**
 * The preferred port when nobody listens there, else, and without a preference, a free one.
 * @param promised ports of others that do not listen yet
 */
export async function freePort(preferred?: number, promised: ReadonlySet<number> = new Set()): Promise<number> {
  let port = preferred ?? somePort();
  for (let tries = 0; tries < 100; tries++) {
    const isFree = port === preferred || !promised.has(port);
    if (isFree && !(await isListening(port)) && (await canBind(port))) return port;
    port = somePort();
  }
  return (await canBind(0)) ?? port;
}
