import { CREATE, type Replacement, type Sidecar, type Stored } from '../dapr/sidecar.ts';
import { Unavailable } from '../errors.ts';
import { type Context, realContext } from '../runtime/context.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { Gone } from './gone.ts';

/** `end`: the first number behind the block; `at`: when its reservation began; `back`: numbers that came back unused. */
interface Block {
  readonly start: number;
  next: number;
  readonly end: number;
  readonly size: number;
  readonly at: number;
  readonly back: number[];
  /** Its numbers are places in a collection. */
  readonly isListed: boolean;
}

/** `next`: the first number nobody reserved; `back`: where it was when a rest was given back last; `backs`: how often one was. */
interface Reserved {
  readonly next: number;
  readonly back?: number;
  readonly backs?: number;
}

const SMALLEST = 10;
const LARGEST = 500;
/** How long after its reservation numbers of a block are given out. */
const USE_MS = 5_000;
/** A block used up so quickly is followed by one of four times its size, which then is used up in time, too. */
const QUICK_MS = USE_MS / 4;
/** A number reserved so long ago that has no record will have none, but for one that comes very late (Gone.check). */
const SETTLED_MS = 60_000;
const OBSERVED_MS = 5_000;
const TRIES = 50;

/**
 * Numbers for new records, counting from 1, in blocks reserved with an ETag (hi/lo), so that creation never contends.
 * Promises: a number is given once, whatever crashes. A block is used for 5 s at most; what is left of it goes back or,
 * if others reserved behind it, into the index of numbers that are gone, so an idle system has no gaps.
 * A block grows while numbers are used up quickly, so a busy system reserves rarely.
 */
export class Ids {
  readonly gone: Gone;
  private readonly blocks = new Map<string, Promise<Block>>();
  private readonly current = new Map<string, Block>();
  /** Blocks reserved in the last seconds, in which numbers given out may be on their way. */
  private readonly recent = new Map<string, Block[]>();
  private readonly observed = new Map<string, { at: number; end: number; back: number; backs: number }[]>();

  constructor(
    private readonly sidecar: Sidecar,
    private readonly context: Context = realContext,
  ) {
    this.gone = new Gone(sidecar, context);
  }

  /**
   * The next number of a kind of record.
   * @param least no number below it; it may grow (numbers that follow the clock, which are not listed)
   */
  async next(kind: string, least = 1): Promise<number> {
    for (;;) {
      const reserved = this.blocks.get(kind) ?? this.reserve(kind, undefined, least);
      this.blocks.set(kind, reserved);
      const block = await reserved.catch((error) => {
        if (this.blocks.get(kind) === reserved) this.blocks.delete(kind);
        throw error;
      });
      if (this.context.clock.monotonic() - block.at <= USE_MS) {
        const back = block.back.findIndex((number) => number >= least);
        if (back >= 0) return block.back.splice(back, 1)[0] ?? block.next++;
        block.next = Math.max(block.next, least);
        if (block.next < block.end) return block.next++;
      }
      if (this.blocks.get(kind) === reserved) this.blocks.set(kind, this.reserve(kind, block, least));
    }
  }

  /** A number for which surely nothing was written: the next one who asks gets it. */
  putBack(kind: string, number: number): void {
    const block = this.current.get(kind);
    if (block && number >= block.start && number < block.next && block.next <= block.end) block.back.push(number);
  }

  /** False: the number was reserved so long ago that others may take it for gone. */
  isFresh(kind: string, number: number): boolean {
    const since = this.context.clock.monotonic() - USE_MS;
    return this.recent.get(kind)?.some(({ start, end, at }) => number >= start && number < end && at >= since) ?? false;
  }

  /** Of the numbers reserved here those not given out yet: no record has one. */
  unused(kind: string): { readonly from: number; readonly to: number; readonly single: ReadonlySet<number> } {
    const block = this.current.get(kind);
    return { from: block?.next ?? 0, to: block?.end ?? 0, single: new Set(block?.back) };
  }

  /** No record of the kind has this number or a higher one. */
  async end(kind: string): Promise<number> {
    const [stored] = await this.sidecar.read([Ids.keyOf(kind)]);
    return this.endOf(kind, stored).end;
  }

  /** The key of the document that `endOf` understands. */
  static keyOf(kind: string): string {
    return `ids-${kind}`;
  }

  /**
   * Reads where the numbers of a kind end.
   * @returns end: no record has this number or a higher one; settled: a number below it that has no record will have none
   */
  endOf(kind: string, stored: Stored | undefined): { readonly end: number; readonly settled: number } {
    const { next: end = 1, back = 0, backs = 0 } = (stored?.value ?? {}) as Partial<Reserved>;
    const now = this.context.clock.monotonic();
    const seen = this.observed.get(kind) ?? [];
    this.observed.set(kind, seen);
    // The first one is kept as the latest of those that are old enough.
    while (seen[1] && seen[1].at <= now - SETTLED_MS) seen.shift();
    const old = seen[0] && seen[0].at <= now - SETTLED_MS ? seen[0] : undefined;
    if (now - (seen.at(-1)?.at ?? Number.NEGATIVE_INFINITY) >= OBSERVED_MS) seen.push({ at: now, end, back, backs });
    // Numbers given back are reserved anew, but never those below the place where some were given back before.
    return { end, settled: old ? (old.backs === backs ? old.end : old.back) : 0 };
  }

  /** Gives back what is left of the blocks, and writes what is to be noted. Never fails: the store may be gone already. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.blocks].map(async ([kind, reserved]) => {
        const block = await reserved.catch(() => undefined);
        if (block) await this.giveBack(kind, block);
      }),
    );
    await this.gone.close();
  }

  private async reserve(kind: string, last: Block | undefined, least: number): Promise<Block> {
    const size = sizeAfter(last, this.context.clock.monotonic());
    const rest = last && takeRest(last);
    for (let tries = 0; tries < TRIES; tries++) {
      const at = this.context.clock.monotonic();
      const [stored] = await this.sidecar.read([Ids.keyOf(kind)]);
      const { next = 1, ...before } = (stored?.value ?? {}) as Partial<Reserved>;
      // Nobody reserved behind the last block: the rest of it is reserved anew.
      const again = rest && rest.from < rest.to && next === rest.to ? rest.from : undefined;
      const start = Math.max(again ?? next, least);
      const value = { next: start + size, ...(again === undefined ? before : givenBack(before, again)) };
      // Lost against another instance, or unknown: a block that may be ours is skipped, never given twice.
      const write: Replacement = { key: Ids.keyOf(kind), value, etag: stored?.etag ?? CREATE };
      if (!(await this.sidecar.state.replaced(write))) continue;
      if (rest?.isListed) this.gone.note(kind, [...rest.back, ...(next > rest.to ? range(rest.from, rest.to) : [])]);
      return this.begin(kind, { start, next: start, end: start + size, size, at, back: [], isListed: least === 1 });
    }
    throw new Unavailable(`no numbers could be reserved for ${kind}`);
  }

  private begin(kind: string, block: Block): Block {
    this.current.set(kind, block);
    const since = this.context.clock.monotonic() - USE_MS;
    this.recent.set(kind, [...(this.recent.get(kind) ?? []).filter(({ at }) => at >= since), block]);
    this.context.clock.after(USE_MS + 50, () => {
      if (this.current.get(kind) === block) void this.giveBack(kind, block);
    });
    return block;
  }

  /** What is left of a block goes back, if nobody reserved behind it; else nobody will use it. */
  private async giveBack(kind: string, block: Block): Promise<void> {
    const { from, to, back, isListed } = takeRest(block);
    if (isListed) this.gone.note(kind, back);
    if (from >= to) return;
    try {
      const [stored] = await this.sidecar.read([Ids.keyOf(kind)]);
      const { next = 1, ...before } = (stored?.value ?? {}) as Partial<Reserved>;
      if (next > to && isListed) this.gone.note(kind, range(from, to));
      // Should this fail or remain unknown, the numbers are a gap until they are settled.
      if (next === to && stored?.etag)
        await this.sidecar.wrote([
          { key: stored.key, value: { next: from, ...givenBack(before, from) }, etag: stored.etag },
        ]);
    } catch (error) {
      log.info('numbers are left unused', { kind, reason: reason(error) });
    }
  }
}

/** Takes from a block what was not given out: from here on nobody gets a number of it. */
function takeRest(block: Block): Pick<Block, 'back' | 'isListed'> & { readonly from: number; readonly to: number } {
  const { next: from, end: to, isListed } = block;
  block.next = to;
  return { from, to, isListed, back: block.back.splice(0) };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

const givenBack = ({ backs = 0 }: Partial<Reserved>, back: number): Omit<Reserved, 'next'> => ({
  back,
  backs: backs + 1,
});

function sizeAfter(last: Block | undefined, now: number): number {
  if (!last || last.next < last.end) return SMALLEST;
  const took = now - last.at;
  if (took > USE_MS) return SMALLEST;
  return took < QUICK_MS ? Math.min(last.size * 4, LARGEST) : last.size;
}
