import type { Router } from 'express';
import express from 'express';
import { EventUnreadable } from '../errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { count, declare } from '../telemetry/metrics.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { BatchPace } from './batch-pace.ts';
import type { Burial, DeadLetterBox } from './dead-letters.ts';
import type { Deferrals } from './deferrals.ts';
import { type Delivery, deliveriesOf } from './deliveries.ts';
import type { Dispatcher } from './dispatcher.ts';
import { decode, envelopeOf } from './envelope.ts';
import type { Verdict } from './failure.ts';
import type { Work } from './policy-book.ts';

type Status = 'SUCCESS' | 'RETRY';

const STALLED_MS = 30_000;
/** Characters of a message that is no event which a dead letter keeps. */
const BEGINNING = 8 * 1024;

/**
 * Takes the system's events in batches, as the sidecar brings them.
 *
 * Promises: an event is acknowledged only when its effect stands in the store, or when it is kept there as a deferred event
 * or a dead letter; only while the store is away it is left to the broker. So no event stands in front of others.
 */
export class Consumer {
  private readonly pace: BatchPace;
  private batches = 0;
  private readonly underWay = new Map<number, number>();
  private retryingSince: number | undefined;

  constructor(
    private readonly parts: {
      readonly dispatcher: Dispatcher;
      readonly deadLetters: DeadLetterBox;
      readonly deferrals: Deferrals;
      readonly clock: Clock;
    },
  ) {
    this.pace = new BatchPace(parts.clock);
    declare('events_handled', 'Events brought by the broker.', [{ outcome: 'SUCCESS' }, { outcome: 'RETRY' }]);
    declare('dead_letters', 'Events that could not be handled.');
    declare('event_lag_seconds', 'Sum of the seconds from event to effect.');
    declare('events_parked', 'Events that the broker refuses for good.');
  }

  /** Why nothing is handled, where that is so. */
  get stalled(): string | undefined {
    const now = this.parts.clock.now();
    for (const began of this.underWay.values())
      if (now - began > STALLED_MS) return `a batch of events is under way for ${Math.round((now - began) / 1000)} s`;
    const since = this.retryingSince;
    if (since === undefined || now - since <= STALLED_MS) return undefined;
    return `events wait for the store for ${Math.round((now - since) / 1000)} s`;
  }

  /** /events. */
  router(): Router {
    const { clock } = this.parts;
    const router = express.Router();
    router.post('/events', async (request, response) => {
      const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY);
      const began = clock.monotonic();
      const statuses: { entryId: string; status: Status }[] = [];
      try {
        for await (const piece of deliveriesOf(request, length))
          for (const [index, status] of (await this.handle(piece)).entries())
            statuses.push({ entryId: piece[index]!.entryId, status });
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        response.status(400).end();
        return;
      }
      await this.pace.keep(began, statuses.length);
      response.json({ statuses });
    });
    return router;
  }

  /**
   * Handles a batch: base64 texts of messages, or parsed events.
   * @returns for each whether it is done with (SUCCESS) or has to come again (RETRY)
   */
  take(batch: readonly unknown[]): Promise<Status[]> {
    return this.handle(batch.map((event, index) => ({ entryId: String(index), event })));
  }

  /** Handles one event for somebody who waits for it: it is neither deferred nor made a dead letter. @throws KitError */
  async attempt(raw: Readonly<Record<string, unknown>>): Promise<Verdict> {
    const { dispatcher } = this.parts;
    try {
      const event = envelopeOf(raw, (type) => dispatcher.follows(type));
      return (event && (await dispatcher.dispatch([{ event }]))[0]) ?? { kind: 'done' };
    } catch (error) {
      if (error instanceof EventUnreadable) return { kind: 'dead', reason: error.message };
      throw error;
    }
  }

  private async handle(batch: readonly Delivery[]): Promise<Status[]> {
    const number = this.batches++;
    this.underWay.set(number, this.parts.clock.now());
    try {
      const statuses = await this.handleNow(batch);
      if (!statuses.includes('RETRY')) this.retryingSince = undefined;
      else if (!statuses.includes('SUCCESS')) this.retryingSince ??= this.parts.clock.now();
      for (const outcome of statuses) count('events_handled', { outcome });
      return statuses;
    } finally {
      this.underWay.delete(number);
    }
  }

  private async handleNow(batch: readonly Delivery[]): Promise<Status[]> {
    const statuses = batch.map((): Status => 'SUCCESS');
    const works: { readonly work: Work; readonly index: number }[] = [];
    const dead: { readonly index: number; readonly burial: Burial }[] = [];
    for (const [index, delivery] of batch.entries()) {
      try {
        const event = this.read(delivery);
        if (event) works.push({ work: { event }, index });
      } catch (error) {
        const burial = { event: shownOf(delivery), reason: (error as Error).message, replayable: false };
        dead.push({ index, burial });
      }
    }
    const verdicts = await this.parts.dispatcher.dispatch(works.map(({ work }) => work));
    const deferred: Deferred[] = [];
    for (const [place, { work, index }] of works.entries()) {
      const verdict = verdicts[place]!;
      const { raw, time } = work.event;
      if (verdict.kind === 'done') this.countLag(time);
      else if (verdict.kind === 'defer') deferred.push({ index, raw, verdict });
      else if (verdict.kind === 'retry') {
        log.warn('an event waits for the store', { event: work.event.id.slice(0, 200), reason: verdict.reason });
        statuses[index] = 'RETRY';
      } else dead.push({ index, burial: { event: raw, reason: verdict.reason } });
    }
    if (deferred.length > 0) {
      const status = await this.settled(this.parts.deferrals.defer(deferred));
      for (const { index } of deferred) statuses[index] = status;
    }
    // All at once: their commits go together, so that a flood of them holds up others no longer than events do.
    const kept = await Promise.all(dead.map(({ burial }) => this.settled(this.parts.deadLetters.bury(burial))));
    for (const [place, { index }] of dead.entries()) statuses[index] = kept[place]!;
    return statuses;
  }

  private read({ event, tooLarge }: Delivery): Work['event'] | undefined {
    if (tooLarge) throw new EventUnreadable(`the message is too large (about ${tooLarge.bytes} bytes)`);
    return envelopeOf(decode(event), (type) => this.parts.dispatcher.follows(type));
  }

  /** SUCCESS once it is kept; the broker keeps it while the store is away. */
  private settled(keeping: Promise<void>): Promise<Status> {
    return keeping.then(
      () => 'SUCCESS' as const,
      (error: unknown) => {
        log.warn('events wait for the store', { reason: reason(error) });
        return 'RETRY' as const;
      },
    );
  }

  private countLag(time: string | undefined): void {
    const published = Date.parse(time ?? '');
    if (published) count('event_lag_seconds', {}, Math.max(0, this.parts.clock.now() - published) / 1000);
  }
}

/** An event of a batch that is to be tried again. */
interface Deferred {
  readonly index: number;
  readonly raw: Readonly<Record<string, unknown>>;
  readonly verdict: Verdict & { kind: 'defer' };
}

/** What can be shown of a message that is no event. */
function shownOf({ event, tooLarge }: Delivery): Readonly<Record<string, unknown>> {
  try {
    return decode(event);
  } catch {
    const text = typeof event === 'string' ? Buffer.from(event, 'base64').toString() : JSON.stringify(event);
    return { ...(tooLarge ?? { message: text?.slice(0, BEGINNING) }) };
  }
}
