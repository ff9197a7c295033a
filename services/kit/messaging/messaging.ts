import type { Router } from 'express';
import type { Sidecar } from '../dapr/sidecar.ts';
import type { Records } from '../persistence/records.ts';
import type { Clock } from '../runtime/clock.ts';
import { Consumer } from './consumer.ts';
import { DeadLetterBox } from './dead-letters.ts';
import { Deferrals } from './deferrals.ts';
import { DeferredStore } from './deferred-store.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Policy } from './policy.ts';
import { PolicyBook } from './policy-book.ts';
import { parkedRoutes } from './routes.ts';
import { Subscription } from './subscription.ts';

/** What a service does with events, put together. */
export interface Messaging {
  readonly subscription: Subscription;
  readonly consumer: Consumer;
  readonly deadLetters: DeadLetterBox;
  readonly deferrals: Deferrals;
  readonly routers: readonly Router[];
}

/**
 * Puts together what handles events. `instance`: the name that survives a restart of this replica; `eventsWaitMs`: see
 * ServiceDefinition.
 */
export function messaging(options: {
  readonly sidecar: Sidecar;
  readonly records: Records;
  readonly policies: readonly Policy[];
  readonly instance: string;
  readonly clock: Clock;
  readonly eventsWaitMs?: number | undefined;
}): Messaging {
  const { sidecar, records, policies, instance, clock, eventsWaitMs } = options;
  const dispatcher = new Dispatcher(records, new PolicyBook(policies), clock);
  const deadLetters = new DeadLetterBox(sidecar, records, clock);
  const store = new DeferredStore(sidecar, records);
  const deferrals = new Deferrals({ consumer: sidecar.appId, instance, store, dispatcher, deadLetters, clock });
  const consumer = new Consumer({ dispatcher, deadLetters, deferrals, clock });
  const subscription = new Subscription({ sidecar, isWanted: dispatcher.follows(), clock, eventsWaitMs });
  const parked = parkedRoutes({ sidecar, records, consumer, deadLetters, deferrals, store });
  const routers = [subscription.router(), consumer.router(), ...parked];
  return { subscription, consumer, deadLetters, deferrals, routers };
}
