import type { Publication, Refusal } from '../dapr/pubsub.ts';
import type { Clock } from '../runtime/clock.ts';
import { count } from '../telemetry/metrics.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { Lane, type Outgoing } from './lane.ts';

/**
 * Keeps, durably, an event that the broker refuses for good, where an operator sees it. It may be called again for the
 * same event, also after a restart; while it throws, it is tried again, and nobody waits for it.
 */
export type Park = (publication: Publication, topic: string, reason: string) => Promise<void>;

/** What the publisher needs of the sidecar. */
export interface Broker {
  readonly system: string;
  publish(
    topic: string,
    publications: readonly (Publication & { readonly text?: string })[],
  ): Promise<Map<number, Refusal>>;
}

/** Characters of events that wait, above which new ones are refused: their number alone does not say what memory they take. */
const MOST_CHARACTERS = 32 * 1024 * 1024;
const PARK_AGAIN_MS = 1_000;
const PARK_AGAIN_LAST_MS = 60_000;

/** Hands events to the broker, each topic in a lane of its own, and has those parked that it never takes. */
export class Publisher {
  private readonly lanes = new Map<string, Lane>();
  private readonly ending = new AbortController();
  private readonly hurry = new AbortController();
  private readonly unparked = new Set<string>();
  private idlers: (() => void)[] = [];
  private waiting = 0;
  private characters = 0;
  private parkWith: Park | undefined;

  constructor(
    private readonly broker: Broker,
    private readonly clock: Clock,
  ) {}

  /** Events that are neither published nor parked. */
  get backlog(): number {
    return this.waiting;
  }

  /** Whether they take as much memory as they may. */
  get isFull(): boolean {
    return this.characters >= MOST_CHARACTERS;
  }

  /** When the oldest of them came. */
  get oldest(): number {
    return Math.min(...[...this.lanes.values()].map(({ oldest }) => oldest));
  }

  get stalled(): string | undefined {
    for (const lane of this.lanes.values()) if (lane.stalled) return lane.stalled;
    const [inner] = this.unparked;
    return inner && `a refused event cannot be parked: ${inner}`;
  }

  park(park: Park): void {
    this.parkWith = park;
  }

  /**
   * Publishes the events of one change.
   * @param done all of them are published or parked
   * @param since from when on they wait, in milliseconds since 1970
   * @param texts their CloudEvents as JSON, where known
   */
  add(publications: readonly Publication[], done: () => void, since: number, texts?: readonly string[]): void {
    let left = publications.length;
    if (left === 0) done();
    this.waiting += left;
    for (const [index, publication] of publications.entries()) {
      const text = texts?.[index] ?? JSON.stringify(publication.cloudEvent);
      this.characters += text.length;
      this.lane(publication).add(subjectOf(publication), {
        publication,
        text,
        since,
        done: () => {
          this.waiting--;
          this.characters -= text.length;
          if (--left === 0) done();
          if (this.waiting === 0) for (const idle of this.idlers.splice(0)) idle();
        },
      });
    }
  }

  /** Resolves when nothing is left; from now on no event waits for company. */
  async finish(): Promise<void> {
    this.hurry.abort();
    if (this.waiting > 0) await new Promise<void>((resolve) => this.idlers.push(resolve));
  }

  /** Publishes nothing from now on. */
  stop(): void {
    this.ending.abort();
  }

  private lane({ cloudEvent }: Publication): Lane {
    const topic = cloudEvent.type === 'DeadLetter' ? `${this.broker.system}-deadletter` : this.broker.system;
    const lane =
      this.lanes.get(topic) ??
      new Lane(topic, {
        clock: this.clock,
        signal: this.ending.signal,
        hurry: this.hurry.signal,
        send: (to, items) =>
          this.broker.publish(
            to,
            items.map(({ publication, text }) => ({ ...publication, text })),
          ),
        park: (from, item, inner) => void this.keep(from, item, inner),
      });
    this.lanes.set(topic, lane);
    return lane;
  }

  private async keep(topic: string, { publication, done }: Outgoing, inner: string): Promise<void> {
    const { id, type } = publication.cloudEvent;
    count('events_parked');
    log.error('the broker refuses an event for good; it is parked', { event: id, type, topic, reason: inner });
    for (let wait = PARK_AGAIN_MS; !this.ending.signal.aborted; wait = Math.min(wait * 2, PARK_AGAIN_LAST_MS)) {
      try {
        if (!this.parkWith) throw new Error('there is no place for it');
        await this.parkWith(publication, topic, inner);
        this.unparked.delete(id);
        return done();
      } catch (error) {
        this.unparked.add(id);
        log.warn('an event that is refused for good could not be parked', { event: id, reason: reason(error) });
        await this.clock.sleep(wait, this.ending.signal);
      }
    }
  }
}

/** Whose event it is: the events of one document keep their order. */
const subjectOf = ({ cloudEvent: { subject, id }, partitionKey }: Publication): string =>
  typeof subject === 'string' ? subject : partitionKey || id;
