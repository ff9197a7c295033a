import { hostname } from 'node:os';
import express, { type Express } from 'express';
import { z } from 'zod';
import { ANSWERED_BY, Sidecar } from '../dapr/sidecar.ts';
import type { Transport } from '../dapr/transport.ts';
import { saysItsBytes } from '../http/answered-bytes.ts';
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
import { limitsOf } from './call-terms.ts';
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

/** Beside which sidecar a service runs, and what else is not its own to say. */
interface Place {
  /** HTTP port of the sidecar, or what stands in its stead. */
  readonly dapr: number | Transport;
  readonly appId: string;
  /** The name that survives a restart of this replica. */
  readonly instance: string;
  /** What the sidecar has to show; nothing where nothing is said. */
  readonly token?: string | undefined;
  /** Time and chance; this machine's where nothing is said. */
  readonly context?: Context;
}

/** What a service is made of. */
interface Parts<S extends z.ZodObject> {
  readonly context: Context;
  readonly sidecar: Sidecar;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly configuration: Configuration<z.output<S>>;
  readonly kit: Kit<z.output<S>>;
  readonly events: ReturnType<typeof messaging>;
}

/** Nothing of it has started yet. */
function partsOf<S extends z.ZodObject>(definition: Service<S>, at: Place): Parts<S> {
  const { context = realContext } = at;
  const { clock } = context;
  const sidecar = new Sidecar(at.dapr, at.appId, clock, limitsOf(definition.calls));
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
  return { context, sidecar, work, ids, configuration, kit, events };
}

/**
 * How a service starts and ends.
 * @param progress says what it waits for
 * @param isNamed is called when its sidecar has told the names of its components
 */
function life<S extends z.ZodObject>(
  definition: Service<S>,
  { context: { clock }, sidecar, work, ids, configuration, kit, events }: Parts<S>,
  progress: Progress,
  isNamed: () => void,
): Pick<App, 'start' | 'drain' | 'close'> {
  const ended = new AbortController();
  return {
    start: () =>
      startUp(
        [
          {
            what: 'its sidecar',
            async run() {
              await sidecar.ready(0);
              isNamed();
              events.subscription.start();
            },
          },
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
          subscription: () => events.subscription.close(),
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

/**
 * Assembles a service beside its sidecar. Before its start has ended it is alive and not ready: it says so to whoever
 * asks, and what waits for it (subscriptions, events) waits.
 */
export function assemble<S extends z.ZodObject>(definition: Service<S>, at: Place): App {
  const parts = partsOf(definition, at);
  const { context, sidecar, work, configuration, kit, events } = parts;
  const { clock } = context;
  const progress: Progress = { waitingFor: 'its start' };
  let isNamed: () => void = () => undefined;
  const named = new Promise<void>((resolve) => {
    isNamed = resolve;
  });
  const standing = (): Standing => ({
    waitingFor: progress.waitingFor,
    outbox: { backlog: work.outbox.backlog, oldestSeconds: work.outbox.age, stalled: work.stalled },
    consumer: { stalled: events.subscription.stalled ?? events.consumer.stalled },
    deferred: events.deferrals.gauges,
  });

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  saysItsBytes(app);
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

  return { app, sidecar, ...life(definition, parts, progress, isNamed) };
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
