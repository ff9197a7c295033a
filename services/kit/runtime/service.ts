import { hostname } from 'node:os';
import express, { type Express } from 'express';
import { z } from 'zod';
import { ANSWERED_BY, Sidecar } from '../dapr/sidecar.ts';
import type { Transport } from '../dapr/transport.ts';
import { sidecarOnly } from '../http/app-token.ts';
import { tracedIn } from '../http/context.ts';
import { notFound } from '../http/not-found.ts';
import { asProblem } from '../http/problem.ts';
import { refusalsAsAnswers } from '../http/refusal-as-answer.ts';
import { routerOf } from '../http/route.ts';
import { messaging } from '../messaging/messaging.ts';
import { Ids } from '../persistence/ids.ts';
import { Records } from '../persistence/records.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { endActivity } from '../telemetry/activity.ts';
import { Configuration } from './configuration.ts';
import { type Context, realContext } from './context.ts';
import { policiesOf, renamed, type Service } from './definition.ts';
import { beforeStart, health, type Standing } from './health.ts';
import type { Kit } from './kit.ts';
import { closeAll, type Progress, startUp } from './lifecycle.ts';
import { main, portFrom, type Served, serve } from './serve.ts';

/** An assembled service, not listening yet. */
export interface App extends Served {
  readonly app: Express;
  readonly sidecar: Sidecar;
}

/**
 * Assembles a service beside its sidecar. Before its start has ended it is alive and not ready: it says so to whoever
 * asks, and what waits for it (subscriptions, events) waits.
 * @param at.dapr HTTP port of the sidecar, or what stands in its stead; at.appId its app id; at.instance the name that survives a restart of this replica; at.token what the sidecar has to show, nothing where nothing is said; at.context time and chance, this machine's where nothing is said
 */
export function assemble<S extends z.ZodObject>(
  definition: Service<S>,
  at: { dapr: number | Transport; appId: string; instance: string; token?: string | undefined; context?: Context },
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
    policies: policiesOf(definition, kit),
    instance: at.instance,
    clock,
    eventsWaitMs: definition.eventsWaitMs,
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
  app.use(
    ...sidecarOnly(at.token),
    (_, response, next) => {
      response.set(ANSWERED_BY, at.appId);
      next();
    },
    refusalsAsAnswers,
  );
  app.use(health(standing));
  const routers = [...events.routers, routerOf(definition.routes, kit)];
  const internal = [configuration.router()];
  app.use(
    tracedIn(context),
    ...beforeStart(named, standing, clock),
    ...internal,
    renamed(definition.aliases ?? {}),
    ...routers,
  );
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
      endActivity();
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

/** Runs a service in this process. What stops start-up is said in one sentence. */
export async function run<S extends z.ZodObject>(definition: Service<S>): Promise<void> {
  await main(async () => {
    const appId = process.env.APP_ID;
    if (!appId) throw new Error('APP_ID is not set; start the service with ./run, or beside a sidecar with dapr run.');
    await serve(
      assemble(definition, {
        dapr: portFrom('DAPR_HTTP_PORT'),
        appId,
        instance: process.env.MADANG_INSTANCE ?? hostname(),
        token: process.env.APP_API_TOKEN,
      }),
    );
  });
}
