import { hostname } from 'node:os';
import express, { type Express, type Router } from 'express';
import { z } from 'zod';
import { ANSWERED_BY, Sidecar } from '../dapr/sidecar.ts';
import type { Transport } from '../dapr/transport.ts';
import { tracedIn } from '../http/context.ts';
import { notFound } from '../http/not-found.ts';
import { asProblem } from '../http/problem.ts';
import { messaging } from '../messaging/messaging.ts';
import type { Policy } from '../messaging/policy.ts';
import { Ids } from '../persistence/ids.ts';
import { Records } from '../persistence/records.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { Configuration } from './configuration.ts';
import { type Context, realContext } from './context.ts';
import { beforeStart, health, type Standing } from './health.ts';
import { closeAll, type Progress, startUp } from './lifecycle.ts';
import { main, portFrom, type Served, serve } from './serve.ts';

/** What a service's own files get to work with. */
export interface Kit<C extends Record<string, unknown> = Record<string, unknown>> {
  readonly records: Records;
  readonly sidecar: Sidecar;
  /** The configuration now in force. */
  readonly config: () => C;
  /** Time, chance and unique names: what a service uses instead of the machine's, so that a simulation can decide it. */
  readonly context: Context;
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

/** An assembled service, not listening yet. */
export interface App extends Served {
  readonly app: Express;
  readonly sidecar: Sidecar;
}

/** Describes a service; the types of its configuration follow from the schema. */
export const service = <S extends z.ZodObject = z.ZodObject>(definition: Service<S>): Service<S> => definition;

/**
 * Assembles a service beside its sidecar. Before its start has ended it is alive and not ready: it says so to whoever
 * asks, and what waits for it (subscriptions, events) waits.
 * @param at.dapr HTTP port of the sidecar, or what stands in its stead; at.appId its app id; at.instance the name that survives a restart of this replica; at.context time and chance, this machine's where nothing is said
 */
export function assemble<S extends z.ZodObject>(
  definition: Service<S>,
  at: { dapr: number | Transport; appId: string; instance: string; context?: Context },
): App {
  const { context = realContext } = at;
  const { clock } = context;
  const sidecar = new Sidecar(at.dapr, at.appId, clock);
  const work = new UnitOfWork(sidecar, at.instance, clock);
  const ids = new Ids(sidecar, context);
  const records = new Records(sidecar, work, ids, context);
  const configuration = new Configuration<z.output<S>>(sidecar, definition.configuration ?? z.object({}), clock);
  const kit: Kit<z.output<S>> = { records, sidecar, config: () => configuration.current, context };
  const events = messaging({
    sidecar,
    records,
    policies: definition.policies?.(kit) ?? [],
    instance: at.instance,
    clock,
  });
  work.outbox.parkWith((publication, topic, why) => events.deadLetters.park(publication, topic, why));
  const progress: Progress = { waitingFor: 'its start' };
  const ended = new AbortController();
  let isNamed: () => void = () => undefined;
  const named = new Promise<void>((resolve) => {
    isNamed = resolve;
  });
  const standing = (): Standing => ({
    waitingFor: progress.waitingFor,
    outbox: { backlog: work.outbox.backlog, oldestSeconds: work.outbox.age, stalled: work.stalled },
    consumer: { stalled: events.consumer.stalled },
    deferred: events.deferrals.gauges,
  });

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_, response, next) => {
    response.set(ANSWERED_BY, at.appId);
    next();
  });
  app.use(health(standing));
  const routers = [...events.routers, ...definition.api(kit)];
  const internal = [configuration.router()];
  app.use(tracedIn(context), ...beforeStart(named, standing, clock), ...internal, ...routers);
  app.use(notFound([...internal, ...routers]), asProblem);

  return {
    app,
    sidecar,
    start: () =>
      startUp(
        [
          { what: 'its sidecar', run: () => sidecar.ready(0).then(isNamed) },
          { what: 'its configuration', run: () => configuration.start() },
          { what: 'its store', run: () => work.outbox.start() },
          { what: 'what has to be there at first', run: () => definition.start?.(kit) },
          { what: 'its deferred events', run: () => events.deferrals.start() },
        ],
        progress,
        { clock, signal: ended.signal },
      ),
    drain() {
      progress.waitingFor = 'its end';
    },
    close() {
      ended.abort();
      progress.waitingFor = 'its end';
      return closeAll(
        {
          configuration: () => configuration.close(),
          deferred: () => events.deferrals.close(),
          work: () => work.close(),
          numbers: () => ids.close(),
          sidecar: () => sidecar.transport.close(),
        },
        clock,
      );
    },
  };
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
