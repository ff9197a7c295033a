import type { Publication } from '../dapr/pubsub.ts';
import type { Sidecar, Stored } from '../dapr/sidecar.ts';
import { readSurely } from '../dapr/sure-read.ts';
import { Overloaded, Unavailable } from '../errors.ts';

/** The events of one change of one document, as they stand in an outbox record. */
export interface Entry {
  readonly key: string;
  readonly cause: string;
  readonly version: number;
  readonly publications: readonly Publication[];
  /** An intent: unless the document `key` comes into being, this is written there and its events are told. */
  readonly otherwise?: unknown;
}

/** @property retired every record with a lower number needs no more care */
export interface OutboxRecord {
  readonly seq: number;
  readonly retired: number;
  readonly entries: readonly Entry[];
}

/** A ring as it lies in the store. */
export interface RingContent {
  /** Those that may need care, by number. */
  readonly records: readonly OutboxRecord[];
  /** No record of the ring has this number or a higher one. */
  readonly top: number;
  /** The first number that may need care and whose record was not seen; `top` where there is no such. */
  readonly hole: number;
  readonly etagAtTop: string | undefined;
}

/** Records that a ring has room for. */
export const SLOTS = 1024;
/** Room that new work leaves: for finishing what was begun, without which the ring could never empty. */
const KEPT_FREE = 256;
/** Slots read at once. Fewer where their contents are too large for one answer. */
const READ_AT_ONCE = 64;

/**
 * The numbers of the records of one instance. A record has a number that ascends, and lies in the slot `number % SLOTS`.
 *
 * Invariant: no two numbers that are open lie in the same slot, so no record that still needs care is ever overwritten.
 * `reserve` keeps it by passing over the numbers whose slot is taken, so what counts as full is how many are open, not how
 * far the first of them lies behind: one record that is open for long costs one slot, and the gap that a start leaves
 * (see `resume`) costs none. New work leaves KEPT_FREE slots free, so there is always room for finishing what is open.
 * A number that was passed over is never in the store and never open; `low` passes over it too.
 */
export class Ring {
  /** Every record with a lower number is retired. */
  low = 0;
  private upcoming = 0;
  private floor: number | undefined;
  private isEnded = false;
  private readonly open = new Map<number, number>();
  private readonly takenSlots = new Set<number>();

  constructor(readonly name: string) {}

  /** The next number. */
  get next(): number {
    return this.upcoming;
  }
  /** Whether nothing is open. */
  get idle(): boolean {
    return this.low === this.upcoming;
  }

  /**
   * Goes on after a former life.
   * @param gap numbers left out: the last transactions of that life may reach the store after it was read. Until `endGap`
   *   nothing from `content.top` on is retired.
   */
  resume(content: RingContent, gap: number): void {
    this.upcoming = content.top + gap;
    this.low = content.records[0]?.seq ?? content.top;
    this.floor = gap > 0 ? content.top : undefined;
    for (const { seq } of content.records) this.hold(seq, 1);
    this.advance();
  }

  /** What came from the former life has come by now, and is published. */
  endGap(): void {
    this.floor = undefined;
    this.advance();
  }

  /**
   * Reserves a record for `count` entries.
   * @param urgent may take the room that is kept for finishing what was begun
   * @param isHeavy what waits takes as much memory as it may
   * @throws Overloaded when the ring is full, which it is when the broker has been away for long, and after its end
   */
  reserve(count: number, urgent = false, isHeavy = false): number {
    if (this.isEnded) throw new Overloaded('the service ends; nothing was changed');
    if (this.open.size >= SLOTS - (urgent ? 0 : KEPT_FREE) || (isHeavy && !urgent))
      throw new Overloaded('the event broker has not taken events for too long; nothing was changed');
    while (this.takenSlots.has(this.upcoming % SLOTS)) this.upcoming++;
    const seq = this.upcoming++;
    this.hold(seq, count);
    return seq;
  }

  /** One entry of a record needs no more care. */
  done(seq: number): void {
    const left = (this.open.get(seq) ?? 0) - 1;
    if (left > 0) {
      this.open.set(seq, left);
      return;
    }
    if (this.open.delete(seq)) this.takenSlots.delete(seq % SLOTS);
    this.advance();
  }

  /** A number for a record that says that all before it is retired, itself included. Only when idle. */
  mark(): number {
    const seq = this.upcoming++;
    this.low = this.upcoming;
    return seq;
  }

  /**
   * Nothing is recorded from now on: once the ring is given up, perhaps nobody ever looks at it again.
   * @returns whether nothing is open
   */
  end(): boolean {
    this.isEnded = true;
    return this.idle;
  }

  private hold(seq: number, count: number): void {
    this.open.set(seq, count);
    this.takenSlots.add(seq % SLOTS);
  }

  private advance(): void {
    while (this.low < this.upcoming && this.low !== this.floor && !this.open.has(this.low)) this.low++;
  }
}

/** The key of a record. */
export const slot = (ring: string, seq: number): string => `outbox-${ring}-${seq % SLOTS}`;

/** Reads what there is of a ring. */
export async function readRing(sidecar: Pick<Sidecar, 'state'>, ring: string): Promise<RingContent> {
  const stored = await readSlots(sidecar, ring, { from: 0, count: SLOTS });
  const all = stored.flatMap(({ value }) => (value ? [value as OutboxRecord] : []));
  const retired = Math.max(0, ...all.map((record) => record.retired));
  const top = Math.max(0, ...all.map((record) => record.seq + 1));
  const records = all.filter((record) => record.seq >= retired && record.entries.length > 0);
  // A slot that holds a higher number was given up by its owner before: what lay there is no hole.
  let hole = Math.max(retired, top - SLOTS);
  while (hole < top && ((stored[hole % SLOTS]?.value as OutboxRecord | undefined)?.seq ?? -1) >= hole) hole++;
  return { records: records.sort((a, b) => a.seq - b.seq), top, hole, etagAtTop: stored[top % SLOTS]?.etag };
}

/** Reads what lies in so many slots from that of a number on. */
export async function readSlots(
  sidecar: Pick<Sidecar, 'state'>,
  ring: string,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<Stored[]> {
  const keys = Array.from({ length: count }, (_, index) => slot(ring, from + index));
  const stored: Stored[] = [];
  for (let at = 0; at < count; at += READ_AT_ONCE)
    stored.push(...(await readAll(sidecar, keys.slice(at, at + READ_AT_ONCE))));
  return stored;
}

/** Reads these keys; in smaller parts, if all at once is more than an answer can hold. */
async function readAll(sidecar: Pick<Sidecar, 'state'>, keys: readonly string[]): Promise<Stored[]> {
  try {
    // What is not there now is taken for never written, and its events are told by nobody.
    return await readSurely(sidecar.state, keys);
  } catch (error) {
    if (keys.length === 1 || !(error instanceof Unavailable)) throw error;
    const half = keys.length >> 1;
    return [...(await readAll(sidecar, keys.slice(0, half))), ...(await readAll(sidecar, keys.slice(half)))];
  }
}
