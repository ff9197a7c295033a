import type { Readable } from 'node:stream';
import { hashOf } from './envelope.ts';

/** One event of a delivery. `event`: base64 of the message (or, in tests, the parsed event). */
export interface Delivery {
  readonly entryId: string;
  readonly event: unknown;
  /** Set where the message was larger than any event may be: what is known of it. */
  readonly tooLarge?: { readonly bytes: number; readonly hash: string };
}

/** Bodies up to this size are read at once: nearly all. */
const AT_ONCE = 8 * 1024 * 1024;
/** Of larger ones this much is handled before more is read. */
const PIECE = 8 * 1024 * 1024;
/** Of one entry: above what any sidecar or broker takes from us. */
const LARGEST = 6 * 1024 * 1024;
const HEAD = 1024;

/**
 * Reads the body of a bulk delivery in pieces, so that no batch is too large to be answered, and none needs more memory
 * than a few pieces. The broker may bring 100 messages of 1 MB (Kafka) or of any size (Redis) at once.
 * @throws SyntaxError when it is no delivery
 */
export async function* deliveriesOf(body: Readable, length: number): AsyncGenerator<readonly Delivery[]> {
  if (length <= AT_ONCE) {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk as Buffer);
    const { entries } = (JSON.parse(Buffer.concat(chunks).toString()) ?? {}) as { entries?: unknown };
    if (!Array.isArray(entries)) throw new SyntaxError('a delivery has entries');
    yield entries as Delivery[];
    return;
  }
  const scanner = new Scanner();
  for await (const chunk of body) {
    scanner.feed(chunk as Buffer);
    if (scanner.held >= PIECE) yield scanner.take();
  }
  yield scanner.take();
}

const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [...Buffer.from('"\\{}[]')] as [
  number,
  number,
  number,
  number,
  number,
  number,
];

/** Cuts the entries (objects in a list of the body's object) out of a JSON text that comes in pieces. */
class Scanner {
  /** Bytes of the entries that were found and not taken. */
  held = 0;
  private found: Delivery[] = [];
  private depth = 0;
  private inText = false;
  private escaped = false;
  private inList = false;
  private entry: Buffer[] = [];
  private size = 0;

  take(): readonly Delivery[] {
    const { found } = this;
    this.found = [];
    this.held = 0;
    return found;
  }

  feed(chunk: Buffer): void {
    let start = this.size > 0 ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (this.inText) {
        if (this.escaped) this.escaped = false;
        else if (byte === BACKSLASH) this.escaped = true;
        else if (byte === QUOTE) this.inText = false;
      } else if (byte === QUOTE) this.inText = true;
      else if (byte === OPEN || byte === OPEN_LIST) {
        this.depth++;
        if (this.depth === 2) this.inList = byte === OPEN_LIST;
        if (this.depth === 3 && this.inList && byte === OPEN) start = at;
      } else if (byte === CLOSE || byte === CLOSE_LIST) {
        this.depth--;
        if (this.depth === 2 && start >= 0) {
          this.keep(chunk.subarray(start, at + 1));
          this.close();
          start = -1;
        }
      }
    }
    if (start >= 0) this.keep(chunk.subarray(start));
  }

  /** Of an entry that is too large its head is kept: it has the entry's id, and is enough to tell it from others. */
  private keep(part: Buffer): void {
    this.size += part.length;
    if (this.size <= LARGEST) this.entry.push(part);
    else this.entry = [Buffer.concat([...this.entry, part]).subarray(0, HEAD)];
  }

  private close(): void {
    const text = Buffer.concat(this.entry).toString();
    if (this.size <= LARGEST) this.found.push(JSON.parse(text) as Delivery);
    else {
      const [, entryId = ''] = /"entryId":"([^"]*)"/.exec(text) ?? [];
      const [, event = text] = /"event":"([^"]*)/.exec(text) ?? [];
      this.found.push({ entryId, event: undefined, tooLarge: { bytes: this.size, hash: hashOf(event + this.size) } });
    }
    this.held += Math.min(this.size, LARGEST);
    this.entry = [];
    this.size = 0;
  }
}
