import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import express, { type Express, type Router } from 'express';
import { z } from 'zod';
import { ANSWERED_BY, Sidecar } from '../dapr/sidecar.ts';
import type { Transport } from '../dapr/transport.ts';
import { Unavailable } from '../errors.ts';
import { asProblem, notFound, traced } from '../http/rest.ts';
import { messaging } from '../messaging/messaging.ts';
import type { Policy } from '../messaging/policy.ts';
import { Ids } from '../persistence/ids.ts';
import { Records } from '../persistence/records.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { metrics } from '../telemetry/metrics.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { realClock } from './clock.ts';
import { Configuration } from './configuration.ts';

const START_MS = 60_000;

/** What a service's own files get to work with. */
export interface Kit<C extends Record<string, unknown> = Record<string, unknown>> {
  readonly records: Records;
  readonly sidecar: Sidecar;
  /** The configuration now in force. */
  readonly config: () => C;
}

/** What a service consists of, as its app.ts puts it together. */
export interface Service<S extends z.ZodObject> {
  /** Keys of the ConfigMap this service reads. */
  readonly configuration?: S;
  /** Routes for clients and for other services. */
  api(kit: Kit<z.output<S>>): readonly Router[];
  /** What it does on events: policies, and those of its views. */
  policies?(kit: Kit<z.output<S>>): readonly Policy[];
  /** What has to be done before it takes requests; at every start, perhaps by several replicas at once, so it sees what was done. */
  start?(kit: Kit<z.output<S>>): Promise<void>;
}

/** An assembled service: `app` is the Express app, not listening yet. */
export interface App {
  readonly app: Express;
  readonly sidecar: Sidecar;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Describes a service; the types of its configuration follow from the schema. */
export const service = <S extends z.ZodObject = z.ZodObject>(definition: Service<S>): Service<S> => definition;

/**
 * Assembles a service beside its sidecar.
 * @param at.dapr HTTP port of the sidecar, or what stands in its stead (kit/testing); at.appId its app id; at.instance the name that survives a restart of this replica
 */
export function assemble<S extends z.ZodObject>(
  definition: Service<S>,
  at: { dapr: number | Transport; appId: string; instance: string },
): App {
  const sidecar = new Sidecar(at.dapr, at.appId);
  const work = new UnitOfWork(sidecar, at.instance);
  const ids = new Ids(sidecar);
  const records = new Records(sidecar, work, ids);
  const configuration = new Configuration<z.output<S>>(sidecar, definition.configuration ?? z.object({}));
  const kit: Kit<z.output<S>> = { records, sidecar, config: () => configuration.current };
  const { routers: events, deferrals } = messaging({
    sidecar,
    records,
    policies: definition.policies?.(kit) ?? [],
    instance: at.instance,
    clock: realClock,
  });
  let started = false;

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_, response, next) => {
    response.set(ANSWERED_BY, at.appId);
    next();
  });
  app.get('/healthz', (_, response) => void response.status(204).end());
  app.get('/readyz', (_, response) => void response.status(started ? 204 : 503).end());
  app.use(
    metrics(() => ({
      ready: started ? 1 : 0,
      outbox_backlog: work.outbox.backlog,
      outbox_oldest_seconds: work.outbox.age,
      ...deferrals.gauges,
    })),
  );
  const routers = [configuration.router(), ...events, ...definition.api(kit)];
  app.use(traced, ...routers, notFound(routers), asProblem);

  return {
    app,
    sidecar,
    async start() {
      const end = Date.now() + START_MS;
      await insist(end, () => sidecar.ready(START_MS));
      await insist(end, () => configuration.start());
      await insist(end, () => work.outbox.start());
      await insist(end, async () => definition.start?.(kit));
      deferrals.start();
      started = true;
    },
    async close() {
      started = false;
      configuration.close();
      await deferrals.close();
      await work.outbox.close();
      await ids.close();
      await sidecar.transport.close();
    },
  };
}

/** Tries a step of the start again while sidecar or store come and go. */
async function insist(end: number, step: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof Unavailable) || Date.now() > end) throw error;
      await sleep(100);
    }
  }
}

/** Reads a port from the environment. Throws one sentence that says how to start a service. */
export function portFrom(variable: string): number {
  const port = Number(process.env[variable]);
  if (!Number.isInteger(port) || port <= 0)
    throw new Error(
      `${variable} is not set to a port; start the service with ./run, or beside a sidecar with dapr run.`,
    );
  return port;
}

/** Listens on APP_PORT until SIGTERM or SIGINT, then finishes what runs, publishes what is committed, and ends. */
export async function serve(app: App): Promise<void> {
  await app.start();
  const server = createServer(app.app);
  // The sidecar keeps idle connections for 90 s; closing first would break a request that is on its way.
  server.keepAliveTimeout = 95_000;
  server.headersTimeout = 100_000;
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(portFrom('APP_PORT'), process.env.HOST ?? '127.0.0.1', resolve),
  );
  log.info('listening', { port: portFrom('APP_PORT') });
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 10_000))]);
    await app.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
}

/** The whole main.ts of a service. What stops start-up is said in one sentence. */
export async function run<S extends z.ZodObject>(definition: Service<S>): Promise<void> {
  await main(async () => {
    const appId = process.env.APP_ID;
    if (!appId) throw new Error('APP_ID is not set; start the service with ./run, or beside a sidecar with dapr run.');
    await serve(
      assemble(definition, {
        dapr: portFrom('DAPR_HTTP_PORT'),
        appId,
        instance: process.env.MADANG_INSTANCE ?? hostname(),
      }),
    );
  });
}

/** Runs a start-up; what stops it is one log line, and exit code 1. */
export async function main(start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    log.error(reason(error));
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 100);
  }
}
