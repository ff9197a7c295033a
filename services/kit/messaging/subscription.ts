import { Router } from 'express';
import { askToEnd, isSubscribed } from '../dapr/life.ts';
import type { Sidecar } from '../dapr/sidecar.ts';
import type { Clock } from '../runtime/clock.ts';
import { log, reason, withoutClient } from '../telemetry/telemetry.ts';

/** From the answer to the sidecar's question until its subscription must be there, and between two looks. */
const LOOK_MS = 5_000;
/** With an app health check a sidecar says that it is ready before it has asked: so long it may take for that. */
const UNASKED_MS = 30_000;
/** Between two restarts of a sidecar at least. */
const BETWEEN_MS = 60_000;
/** Restarts that did not help: the fault is elsewhere. */
const MOST_RESTARTS = 3;

/**
 * The subscription to the system's events, and that the sidecar has it.
 *
 * A sidecar asks for subscriptions once in its life. An answer that breaks off, because the app died in it, is to it "none":
 * it is healthy from then on and brings no event, to the next process of the app neither. So what it has is looked at after
 * each start and each answer, and a sidecar without the subscription is asked to end. `./run` and Kubernetes start it again;
 * stock `dapr run` does not.
 */
export class Subscription {
  private stopLook: () => void = () => undefined;
  /** It was missing at the last look already: one look may fall between a sidecar's start and its question. */
  private wasMissing = false;
  private restarts = 0;
  private restartedAt = Number.NEGATIVE_INFINITY;
  private isClosed = false;
  private trouble: string | undefined;

  constructor(
    private readonly parts: {
      readonly sidecar: Sidecar;
      /** Whether there is anything to subscribe to. */
      readonly isWanted: boolean;
      readonly clock: Clock;
      readonly eventsWaitMs?: number | undefined;
    },
  ) {}

  /** Why no events come, where restarts of the sidecar do not help. */
  get stalled(): string | undefined {
    return this.trouble;
  }

  /** /dapr/subscribe. */
  router(): Router {
    const { sidecar, isWanted, eventsWaitMs } = this.parts;
    const router = Router();
    router.get('/dapr/subscribe', (_, response) => {
      response.json(isWanted ? [sidecar.subscription(sidecar.system, eventsWaitMs)] : []);
      this.wasMissing = false;
      this.lookIn(LOOK_MS);
    });
    return router;
  }

  /** The names of the sidecar's components are known. It may have asked a process before this one, and ask no more. */
  start(): void {
    this.lookIn(UNASKED_MS);
  }

  close(): void {
    this.isClosed = true;
    this.stopLook();
  }

  private lookIn(ms: number): void {
    this.stopLook();
    if (this.isClosed || !this.parts.isWanted) return;
    const look = (): void =>
      void this.look().catch((error) => {
        log.debug('the subscription is looked at again', { reason: reason(error) });
        this.lookIn(LOOK_MS);
      });
    this.stopLook = withoutClient(() => this.parts.clock.after(ms, look));
  }

  private async look(): Promise<void> {
    const { sidecar, clock } = this.parts;
    const has = await isSubscribed(sidecar, sidecar.system);
    if (this.isClosed) return;
    const isFirst = !this.wasMissing;
    this.wasMissing = has === false;
    if (has === undefined || (!has && isFirst)) return this.lookIn(LOOK_MS);
    if (has) {
      this.restarts = 0;
      this.trouble = undefined;
      return;
    }
    if (this.restarts >= MOST_RESTARTS) return this.giveUp();
    const rest = this.restartedAt + BETWEEN_MS - clock.monotonic();
    if (rest > 0) return this.lookIn(rest);
    log.warn(
      'the sidecar lost the answer that says which events to bring: it is asked to end, so that it starts again',
    );
    this.restarts += 1;
    this.restartedAt = clock.monotonic();
    this.wasMissing = false;
    // Also where the restart asks nobody, or does not come.
    this.lookIn(BETWEEN_MS);
    await askToEnd(sidecar);
  }

  private giveUp(): void {
    this.trouble ??= `the sidecar has no subscription to ${this.parts.sidecar.system} after ${this.restarts} restarts`;
    log.error(`${this.trouble}: no events come until a restart of it helps; its log says why`);
  }
}
