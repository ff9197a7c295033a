import { CREATE, type Sidecar, type StateWrite, type Stored } from '../dapr/sidecar.ts';
import type { Context } from '../runtime/context.ts';
import { log, reason, withoutClient } from '../telemetry/telemetry.ts';
import { keyedMutex } from './keyed-mutex.ts';

/** Numbers of one block of the index. */
export const BLOCK = 4_096;
/** Milliseconds in which numbers gather before they are written. */
const GATHER_MS = 100;
const AGAIN_MS = 1_000;
const TRIES = 10;
/** Blocks written in one transaction. */
const AT_ONCE = 50;

/** Says which of these numbers have a record after all. */
export type Survivors = (numbers: readonly number[]) => Promise<readonly number[]>;

/** How many numbers of each block are gone, by the block's number. */
export type Counts = Readonly<Record<string, number>>;

/** The block of the index that has this number. */
export const blockOf = (number: number): number => Math.floor(number / BLOCK);
/** The key of the directory: how many numbers are gone in each block. */
export const countsKey = (listing: string): string => `gone-${listing}`;
/** The key of one block. */
export const blockKey = (listing: string, block: number): string => `gone-${listing}-${block}`;

/** The bits of a block as they are stored: base64, without zeros at the end. */
export function bitsOf({ value }: Stored): Buffer {
  const bits = Buffer.alloc(BLOCK / 8);
  if (typeof value === 'string') Buffer.from(value, 'base64').copy(bits);
  return bits;
}
/** Whether a number is marked in the bits of its block. */
export const hasBit = (bits: Buffer, number: number): boolean =>
  ((bits[(number % BLOCK) >> 3] ?? 0) & (1 << (number & 7))) !== 0;

const setBit = (bits: Buffer, number: number, on: boolean): void => {
  const at = (number % BLOCK) >> 3;
  const bit = 1 << (number & 7);
  bits[at] = on ? (bits[at] ?? 0) | bit : (bits[at] ?? 0) & ~bit;
};
const stored = (bits: Buffer): string =>
  bits.subarray(0, bits.findLastIndex((byte) => byte !== 0) + 1).toString('base64');
const ones = (bits: Buffer): number => {
  let count = 0;
  for (let byte of bits) for (; byte > 0; byte &= byte - 1) count++;
  return count;
};

/**
 * Which numbers of a listing are gone for good: those of records that were deleted, and those nobody will use any more.
 * One small document for each 4,096 numbers, and a directory of how many are gone in each; see docs/decisions/0017-pages.md.
 *
 * Promises: what was noted counts at once in this process and, once written, everywhere; writing happens in the
 * background and costs no request anything. A number that has a record after all is taken out again.
 */
export class Gone {
  private readonly pending = new Map<string, Map<number, Survivors | undefined>>();
  private readonly timers = new Map<string, () => void>();
  private readonly inTurn = keyedMutex<string>();
  private closed = false;

  constructor(
    private readonly sidecar: Sidecar,
    private readonly context: Context,
  ) {}

  /** Numbers noted and not written yet. */
  noted(listing: string): ReadonlySet<number> {
    return new Set(this.pending.get(listing)?.keys());
  }

  /**
   * These numbers are gone.
   * @param survivors asked after the numbers were written, where somebody slow may use one of them yet: whoever writes
   *   the record and whoever writes the index each look at the other's work afterwards, so one of them sees it
   */
  note(listing: string, numbers: readonly number[], survivors?: Survivors): void {
    if (numbers.length === 0) return;
    const pending = this.pending.get(listing) ?? new Map<number, Survivors | undefined>();
    this.pending.set(listing, pending);
    for (const number of numbers) pending.set(number, survivors);
    this.later(listing, GATHER_MS);
  }

  /** A record was written later than others may wait for it: should its number be in the index, it is taken out. */
  async check(listing: string, number: number): Promise<void> {
    this.pending.get(listing)?.delete(number);
    const [block] = await this.sidecar.read([blockKey(listing, blockOf(number))]);
    if (block?.etag && hasBit(bitsOf(block), number)) await this.write(listing, [number], false);
  }

  /** Writes what is noted now. */
  async flush(): Promise<void> {
    await Promise.all([...this.pending.keys()].map((listing) => this.flushOne(listing)));
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const stop of this.timers.values()) stop();
    await this.flush();
  }

  private later(listing: string, ms: number): void {
    if (this.closed || this.timers.has(listing)) return;
    const stop = this.context.clock.after(ms, () => {
      this.timers.delete(listing);
      // A read may have noted them: its client going, or its time limit, must not end what is done behind it.
      void withoutClient(() => this.flushOne(listing));
    });
    this.timers.set(listing, stop);
  }

  private flushOne(listing: string): Promise<void> {
    return this.inTurn(listing, async () => {
      const pending = this.pending.get(listing);
      if (!pending || pending.size === 0) return;
      const blocks = [...new Set([...pending.keys()].map(blockOf))].slice(0, AT_ONCE);
      const noted = [...pending].filter(([number]) => blocks.includes(blockOf(number)));
      try {
        await this.write(
          listing,
          noted.map(([number]) => number),
          true,
        );
        await this.takeOutSurvivors(listing, noted);
        for (const [number, survivors] of noted) if (pending.get(number) === survivors) pending.delete(number);
      } catch (error) {
        log.info('numbers that are gone are noted later', { listing, reason: reason(error) });
      }
      if (pending.size > 0) this.later(listing, AGAIN_MS);
    });
  }

  private async takeOutSurvivors(
    listing: string,
    noted: readonly (readonly [number, Survivors | undefined])[],
  ): Promise<void> {
    for (const survivors of new Set(noted.flatMap(([, ask]) => ask ?? []))) {
      const alive = await survivors(noted.flatMap(([number, ask]) => (ask === survivors ? [number] : [])));
      if (alive.length > 0) await this.write(listing, alive, false);
    }
  }

  /** Puts numbers in or takes them out. The counts are those of the bits as written, whatever was there before. */
  private async write(listing: string, numbers: readonly number[], gone: boolean): Promise<void> {
    const blocks = [...new Set(numbers.map(blockOf))];
    for (let tries = 0; tries < TRIES; tries++) {
      const keys = [countsKey(listing), ...blocks.map((block) => blockKey(listing, block))];
      const [directory, ...pages] = await this.sidecar.read(keys);
      const counts: Record<string, number> = { ...(directory?.value as Counts | undefined) };
      const writes = pages.map((page, index): StateWrite => {
        const block = blocks[index] ?? 0;
        const bits = bitsOf(page);
        for (const number of numbers) if (blockOf(number) === block) setBit(bits, number, gone);
        counts[block] = ones(bits);
        return { key: page.key, value: stored(bits), etag: page.etag ?? CREATE };
      });
      writes.push({ key: countsKey(listing), value: counts, etag: directory?.etag ?? CREATE });
      if (await this.sidecar.wrote(writes)) return;
      await this.context.clock.sleep(this.context.random() * 20 * tries);
    }
    throw new Error('the index is written by too many at once');
  }
}
