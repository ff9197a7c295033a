import { once } from 'node:events';
import { Server } from 'node:http';
import type { Express } from 'express';
import { BEHIND_SIDECAR, httpServer, type ServerSettings } from '../http/server.ts';
import { log, reason } from '../telemetry/telemetry.ts';

/** How long requests that are under way may take to finish when the process is to end. */
const FINISH_MS = 6_000;

/** What can be served: `app` is an Express app, or a server with its own settings, that can be asked before it has started. */
export interface Served {
  readonly app: Express | Server;
  /** Makes it ready, for as long as that takes, and ends early after `close`. */
  start(): Promise<void>;
  /** Says from now on that it is not ready, so that nobody sends it more. */
  drain?(): void;
  /** Ends what it holds; never fails. */
  close(): Promise<void>;
}

/** Reads a port from the environment. Throws one sentence that says how to start a service. */
export function portFrom(variable: string): number {
  const port = Number(process.env[variable]);
  if (!/^\d+$/.test(process.env[variable] ?? '') || port <= 0 || port > 65_535)
    throw new Error(
      `${variable} is not set to a port; start the service with ./run, or beside a sidecar with dapr run.`,
    );
  return port;
}

/**
 * Listens on APP_PORT at once, starts the app, and serves until SIGTERM or SIGINT: then it finishes what is under way,
 * publishes what is committed, and ends with code 0, whatever else is already gone.
 * @throws what keeps it from starting and only a person can mend
 */
export async function serve(served: Served, settings: ServerSettings = BEHIND_SIDECAR): Promise<void> {
  const server = served.app instanceof Server ? served.app : httpServer(served.app, settings);
  const host = process.env.HOST ?? '127.0.0.1';
  // Where `::` is meant and there is no IPv6, Node takes all addresses of IPv4, if it is not told which.
  server.listen({ port: portFrom('APP_PORT'), ...(host === '::' ? {} : { host }) });
  await once(server, 'listening');
  log.info('listening', { port: portFrom('APP_PORT') });
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    served.drain?.();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const idle = setInterval(() => server.closeIdleConnections(), 100);
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, FINISH_MS))]);
    clearInterval(idle);
    await served.close().catch((error) => log.warn('the end is not clean', { reason: reason(error) }));
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
  await served.start();
  if (!stopping) log.info('ready');
}

/** Runs a process: what stops it, at its start or later, is one log line, and exit code 1. */
export async function main(start: () => Promise<void>): Promise<void> {
  const fail = (what: string) => (error: unknown) => {
    log.error(what, { reason: reason(error), stack: error instanceof Error ? error.stack : undefined });
    process.exit(1);
  };
  process.on('uncaughtException', fail('an error nobody expected'));
  process.on('unhandledRejection', fail('an error nobody waited for'));
  try {
    await start();
  } catch (error) {
    log.error(reason(error));
    process.exit(1);
  }
}
