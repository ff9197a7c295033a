import { z } from 'zod';
import type { Publication, Sidecar } from '../dapr/sidecar.ts';
import { aggregate, decided, ended, event, type Identified, RuleViolation } from '../domain/aggregate.ts';
import { StoreRejected, Unavailable } from '../errors.ts';
import { byId, type Records } from '../persistence/records.ts';
import type { Clock } from '../runtime/clock.ts';
import { did } from '../telemetry/activity.ts';
import { count } from '../telemetry/metrics.ts';
import { log } from '../telemetry/telemetry.ts';
import { hashOf } from './envelope.ts';

/** An event that could not be handled or published: kept with the reason, visible at /deadletters, to be replayed or dropped. */
export interface DeadLetter extends Identified {
  readonly consumer: string;
  readonly reason: string;
  readonly at: string;
  /** The event; one of more than 64 kB only by its attributes and beginning. */
  readonly event: Record<string, unknown>;
  readonly replayed: boolean;
  /** `publish`: the broker refused it for good. Absent in letters of earlier versions: `consume`. */
  readonly stage?: 'consume' | 'publish';
  /** False where the event is not kept whole or is no event. */
  readonly replayable?: boolean;
  /** Where it was to be published. */
  readonly topic?: string;
  readonly partitionKey?: string;
}
/** The records of dead letters. */
export const DeadLetters = aggregate<DeadLetter>('DeadLetter');

/** Published by reference: the letter itself may be larger than what the broker takes. */
export const DeadLetterPublished = event(
  'DeadLetter',
  z.object({
    id: z.number(),
    consumer: z.string(),
    reason: z.string(),
    event: z.object({ id: z.string(), type: z.string(), subject: z.string() }),
  }),
);

/** What is to be kept. */
export interface Burial {
  readonly event: Readonly<Record<string, unknown>>;
  readonly reason: string;
  readonly stage?: 'publish';
  readonly topic?: string;
  readonly partitionKey?: string;
  /** False for what is no event. */
  readonly replayable?: boolean;
}

/** Characters of an event that are kept whole, and the beginning that is kept of a longer one. */
const LARGEST = 64 * 1024;
const BEGINNING = 8 * 1024;
const SHORT = 200;

/** Keeps what can never be handled, bounded in size, once whatever its id. */
export class DeadLetterBox {
  constructor(
    private readonly sidecar: Sidecar,
    private readonly records: Records,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /**
   * Keeps an event as a dead letter, once for its content, and publishes that it did.
   * @throws Unavailable when the store is away; what the store refuses for good is given up with an error in the log
   */
  async bury({ event: whole, reason, stage, topic, partitionKey, replayable = true }: Burial): Promise<void> {
    const text = JSON.stringify(whole);
    const isWhole = text.length <= LARGEST;
    const reference = { id: brief(whole.id), type: brief(whole.type), subject: brief(whole.subject) };
    const at = new Date(this.clock.now()).toISOString();
    const letter = {
      consumer: this.sidecar.appId,
      reason: reason.slice(0, 2_000),
      at,
      event: isWhole ? { ...whole } : { ...reference, beginning: text.slice(0, BEGINNING) },
      replayed: false,
      stage: stage ?? ('consume' as const),
      replayable: replayable && isWhole,
      ...(topic === undefined ? {} : { topic, partitionKey: partitionKey ?? '' }),
    };
    const cause = `dead-${hashOf(`${stage ?? ''}${text}`)}`;
    // That a dead letter could not be published is no reason for a second one to be published.
    const publishes = topic === undefined || !topic.endsWith('-deadletter');
    try {
      const kept = await this.records.create(DeadLetters, { cause, fingerprint: cause }, (id) => {
        const { consumer } = letter;
        const publication = DeadLetterPublished({ id, consumer, reason: letter.reason, event: reference });
        return decided({ id, ...letter }, ...(publishes ? [publication] : []));
      });
      if (kept.at !== at) return;
      log.error('an event became a dead letter', { letter: kept.id, event: reference.id, reason: letter.reason });
    } catch (error) {
      if (error instanceof RuleViolation) return; // it was dropped by an operator, and comes once more
      if (!(error instanceof StoreRejected)) throw error;
      log.error('an event was given up: it cannot even be a dead letter', { event: reference, reason: letter.reason });
    }
    count('dead_letters', {});
    did({ kind: 'dead', event: reference, why: letter.reason });
  }

  /** Keeps what the broker refuses for good, so that the outbox can let go of it. @throws Unavailable */
  async park({ cloudEvent, partitionKey }: Publication, topic: string, reason: string): Promise<void> {
    await this.bury({ event: cloudEvent, reason, stage: 'publish', topic, partitionKey });
  }

  get(id: number): Promise<DeadLetter | undefined> {
    return this.records.get(DeadLetters, id);
  }

  /** Hands a parked event to the broker once more. @throws PublishRejected, Unavailable */
  async publishAgain({ event, topic = this.sidecar.system, partitionKey = '' }: DeadLetter): Promise<void> {
    const cloudEvent = { ...event, id: String(event.id) };
    const failed = await this.sidecar.publish(topic, [{ cloudEvent, partitionKey }]);
    if (failed.size > 0) throw new Unavailable('the broker did not take it');
  }

  /** Says that it was handled after all. */
  async replayed(id: number): Promise<void> {
    await this.records.change(byId(DeadLetters, id), { cause: `replay-${id}` }, (state) =>
      decided({ ...state, replayed: true }),
    );
  }

  /** Throws the letter away. @returns false where there is none */
  async drop(id: number): Promise<boolean> {
    if (!(await this.get(id))) return false;
    await this.records.change(byId(DeadLetters, id), { cause: `drop-${id}` }, () => ended());
    log.warn('a dead letter was dropped', { letter: id });
    return true;
  }
}

const brief = (attribute: unknown): string => (typeof attribute === 'string' ? attribute.slice(0, SHORT) : '');
