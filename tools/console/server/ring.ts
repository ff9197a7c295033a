/** Entries that came one after the other, as JSON texts in UTF-8, each with a comma before it. */
interface Block {
  readonly bytes: Buffer;
  /** The number of its first entry. */
  readonly first: number;
  /** Where each entry begins, and at last where the next one will. */
  readonly starts: number[];
}

/** An entry as it was added, with its number. */
interface Kept {
  readonly seq: number;
  readonly trace?: unknown;
}

/** Bytes that are kept of all services together, bytes of a block, and entries that one answer has at most. */
const KEPT = 8_000_000;
const BLOCK = 250_000;
const ANSWERED = 4_000;

const endOf = ({ starts }: Block): number => starts.at(-1)!;

/**
 * The last of what the services did: bounded in size, whatever comes. It lies in memory that is used again and again, so
 * that nothing of it is left to the garbage collector.
 */
export class Ring {
  private readonly blocks: Block[] = [];
  private size = 0;
  private count = 0;

  /** The number of the newest entry; they count from 1. */
  get seq(): number {
    return this.count;
  }

  add(entry: Readonly<Record<string, unknown>>): void {
    const text = `,${JSON.stringify({ seq: ++this.count, ...entry })}`;
    const length = Buffer.byteLength(text);
    const last = this.blocks.at(-1);
    const block = last && endOf(last) + length <= last.bytes.length ? last : this.open(length);
    const start = endOf(block);
    block.starts.push(start + block.bytes.write(text, start));
  }

  /** Another block, which has room for this length, in the place of the oldest ones. */
  private open(length: number): Block {
    let bytes: Buffer | undefined;
    while (this.blocks.length > 0 && this.size + Math.max(BLOCK, length) > KEPT) {
      bytes = this.blocks.shift()!.bytes;
      this.size -= bytes.length;
    }
    if (!bytes || bytes.length < length || bytes.length > BLOCK)
      bytes = Buffer.allocUnsafeSlow(Math.max(BLOCK, length));
    const block: Block = { bytes, first: this.count, starts: [0] };
    this.blocks.push(block);
    this.size += bytes.length;
    return block;
  }

  /**
   * What came after a number: the oldest of it first where it is too much for one answer; after none, the newest.
   * @returns the entries as a JSON array without its brackets, to be copied before the next one is added; the number of
   *   the last one, after which to ask on; and how many are not kept any more
   */
  since(seq: number | undefined): { entries: readonly Buffer[]; last: number; leftOut: number } {
    const oldest = this.blocks[0]?.first ?? 1;
    const from = Math.max(seq === undefined ? this.count + 1 - ANSWERED : seq + 1, oldest);
    const last = Math.min(this.count, from + ANSWERED - 1);
    const pieces = this.blocks
      .filter(({ first, starts }) => first <= last && first + starts.length - 1 > from)
      .map(({ bytes, first, starts }) =>
        bytes.subarray(starts[Math.max(0, from - first)], starts[last + 1 - first] ?? starts.at(-1)),
      );
    // Before the first one there is no comma.
    const entries = pieces.map((piece, at) => (at === 0 ? piece.subarray(1) : piece));
    return { entries, last, leftOut: Math.max(0, from - (seq ?? 0) - 1) };
  }

  /** All of one trace that is still kept. */
  ofTrace(trace: string): readonly Kept[] {
    return trace === '' ? [] : this.blocks.flatMap((block) => inBlock(block, trace));
  }
}

/** What is looked for is found among the bytes: only where it is one entry is read. */
function inBlock({ bytes, starts }: Block, trace: string): readonly Kept[] {
  const used = bytes.subarray(0, starts.at(-1));
  const found: Kept[] = [];
  let entry = 0;
  for (let at = used.indexOf(trace); at >= 0; at = used.indexOf(trace, starts[entry])) {
    while (starts[entry + 1]! <= at) entry++;
    found.push(JSON.parse(used.toString('utf8', starts[entry]! + 1, starts[++entry])));
  }
  return found.filter((one) => one.trace === trace);
}
