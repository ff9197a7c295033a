import { LARGEST_BULK, type Publication, type Refusal } from '../dapr/pubsub.ts';

/** One event that is to be published. */
export interface Outgoing {
  readonly publication: Publication;
  /** The CloudEvent as JSON. */
  readonly text: string;
  /** Since when it waits, in milliseconds since 1970. */
  readonly since: number;
  /** It was published, or is kept somewhere else. */
  done(): void;
}

const BYTES_PER_CHARACTER = 3;
/** Milliseconds until an event that was refused is tried again for the first time. */
export const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 30_000;
/** An event is parked that was refused so often while others of its topic went through: after about two minutes. */
const PARK_AFTER = 12;

/** The events of one document that wait, and how its head fares: only the head may go out. */
export class Line {
  private readonly items: Outgoing[];
  /** How often the head was refused; and of these, how often while others were taken. */
  private tries = 0;
  private blamed = 0;
  /** The head is sent by itself: together with others it was refused, and nobody knows whose fault that is. */
  alone = false;
  retryAt = 0;
  inner = '';

  /** @param takenThen how many events of the topic were taken when this was looked at last */
  constructor(
    readonly subject: string,
    first: Outgoing,
    private takenThen: number,
  ) {
    this.items = [first];
  }

  get head(): Outgoing {
    return this.items[0]!;
  }

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  add(item: Outgoing): void {
    this.items.push(item);
  }

  /** Takes the head out; the next one starts afresh. */
  shift(taken: number): Outgoing {
    Object.assign(this, { tries: 0, blamed: 0, takenThen: taken, alone: false, inner: '' });
    return this.items.shift()!;
  }

  /** Whether others of the topic went through since this was looked at last: then it may be this one's own fault. */
  othersWentThrough(taken: number): boolean {
    return this.takenThen < taken;
  }

  /** The head was refused. @returns whether it will never be taken */
  refused({ forGood }: Refusal, taken: number): boolean {
    if (this.othersWentThrough(taken) && forGood === 'maybe') this.blamed++;
    this.takenThen = taken;
    return forGood === 'yes' || this.blamed >= PARK_AFTER;
  }

  /** Says when it is tried again by itself: ever more rarely. @param now by the monotonic clock, as `retryAt` */
  backOff(now: number): void {
    this.retryAt = now + Math.min(FIRST_RETRY_MS * 2 ** this.tries++, LAST_RETRY_MS);
  }
}

/**
 * Takes the lines whose heads go out together: no two events of a document, so none overtakes another.
 * @param most how many at most
 */
export function takeTogether(from: Set<Line>, most: number): Line[] {
  const batch: Line[] = [];
  let size = 0;
  for (const line of from) {
    if (batch.length > 0 && line.alone) continue;
    size += line.head.text.length * BYTES_PER_CHARACTER;
    if (batch.length > 0 && (size > LARGEST_BULK || batch.length >= most)) break;
    batch.push(line);
    if (line.alone) break;
  }
  for (const line of batch) from.delete(line);
  return batch;
}
