import { CREATE, type Sidecar } from '../dapr/sidecar.ts';
import { Unavailable } from '../errors.ts';

interface Block {
  next: number;
  end: number;
  size: number;
  taken: number;
}

const SMALLEST = 10;
const LARGEST = 500;

/**
 * Numbers for new records, counting from 1, in blocks reserved with an ETag (hi/lo), so that creation never contends.
 * Promises: a number is given once, whatever crashes; numbers of a block in use by a process that dies are skipped.
 * A block grows while numbers are used up quickly, so an idle system leaves small gaps and a busy one writes rarely.
 */
export class Ids {
  private readonly blocks = new Map<string, Promise<Block>>();
  private readonly ends = new Map<string, number>();

  constructor(private readonly sidecar: Sidecar) {}

  /** The next number of a kind of record; never one below `least`, which may grow (numbers that follow the clock). */
  async next(kind: string, least = 1): Promise<number> {
    for (;;) {
      const reserved = this.blocks.get(kind) ?? this.reserve(kind, undefined, least);
      this.blocks.set(kind, reserved);
      const block = await reserved.catch((error) => {
        this.blocks.delete(kind);
        throw error;
      });
      block.next = Math.max(block.next, least);
      if (block.next < block.end) return block.next++;
      if (this.blocks.get(kind) === reserved) this.blocks.set(kind, this.reserve(kind, block, least));
    }
  }

  /** Takes a number that another service gave, so that `end` lies behind it. */
  async take(kind: string, number: number): Promise<number> {
    for (let tries = 0; tries < 50; tries++) {
      if ((this.ends.get(kind) ?? 0) > number) return number;
      const [stored] = await this.sidecar.read([keyOf(kind)]);
      const end = (stored?.value as { next: number } | undefined)?.next ?? 1;
      const next = number + SMALLEST;
      if (end > number) this.ends.set(kind, end);
      else if (await this.sidecar.wrote([{ key: keyOf(kind), value: { next }, etag: stored?.etag ?? CREATE }]))
        this.ends.set(kind, next);
    }
    throw new Unavailable(`no number could be taken for ${kind}`);
  }

  /** No record of the kind has this number or a higher one. */
  async end(kind: string): Promise<number> {
    const [stored] = await this.sidecar.read([keyOf(kind)]);
    return (stored?.value as { next: number } | undefined)?.next ?? 1;
  }

  /** Gives back what is left of the blocks, if nobody reserved behind them. */
  async close(): Promise<void> {
    for (const [kind, reserved] of this.blocks) {
      const block = await reserved.catch(() => undefined);
      if (!block || block.next >= block.end) continue;
      const [stored] = await this.sidecar.read([keyOf(kind)]);
      if (!stored?.etag || (stored.value as { next: number }).next !== block.end) continue;
      const rest = block.next;
      block.next = block.end;
      await this.sidecar.write([{ key: stored.key, value: { next: rest }, etag: stored.etag }]).catch(() => undefined);
    }
  }

  private async reserve(kind: string, last: Block | undefined, least: number): Promise<Block> {
    const quick = last !== undefined && Date.now() - last.taken < 5_000;
    const size = quick ? Math.min(last.size * 4, LARGEST) : SMALLEST;
    for (let tries = 0; tries < 50; tries++) {
      const [stored] = await this.sidecar.read([keyOf(kind)]);
      const next = Math.max((stored?.value as { next: number } | undefined)?.next ?? 1, least);
      const end = next + size;
      // Lost against another instance, or unknown: a block that may be ours is skipped, never given twice.
      if (await this.sidecar.wrote([{ key: keyOf(kind), value: { next: end }, etag: stored?.etag ?? CREATE }]))
        return { next, end, size, taken: Date.now() };
    }
    throw new Unavailable(`no numbers could be reserved for ${kind}`);
  }
}

const keyOf = (kind: string): string => `ids-${kind}`;
