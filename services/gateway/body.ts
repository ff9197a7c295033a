import { ClientGone, Problem } from '../kit/index.ts';
import type { Exchange } from './exchange.ts';
import type { Limits, Shares } from './limits.ts';

/** More pieces than this are sent by nobody who means it; each costs more than its bytes. */
const PIECES = 16_384;

/** A body, and the room it takes until it is given back. */
export interface Body {
  readonly bytes: Buffer;
  giveBack(): void;
}

/**
 * Reads the whole body, bounded in size and time, before anything else is taken for the request.
 * @returns undefined when the request has none
 * @throws Problem 408, 413, 503; ClientGone
 */
export function readBody(exchange: Exchange, limits: Limits, bodies: Shares): Promise<Body | undefined> {
  const { request } = exchange;
  const declared = request.headers['content-length'];
  const length = Number(declared ?? 0);
  if (length === 0 && request.headers['transfer-encoding'] === undefined) return Promise.resolve(undefined);
  if (length > limits.body) return Promise.reject(tooLarge());
  exchange.goOn();
  return new Promise((resolve, reject) => {
    const buffer = new Growing(length);
    const end = exchange.now + limits.bodyMs;
    let held = 0;
    const giveBack = (): void => {
      bodies.give(exchange.address, held);
      held = 0;
    };
    const stop = (settle: () => void): void => {
      request.off('data', piece).off('end', whole);
      exchange.done();
      exchange.whenGone(giveBack);
      settle();
    };
    const fail = (error: Error): void => {
      stop(() => reject(error));
      giveBack();
    };
    const wait = (): void => exchange.within(Math.min(limits.silenceMs, end - exchange.now), () => fail(tooSlow()));
    const piece = (chunk: Buffer): void => {
      if (buffer.size + chunk.length > limits.body || buffer.pieces > PIECES) fail(tooLarge());
      else if (!bodies.take(exchange.address, chunk.length)) fail(full());
      else {
        held += chunk.length;
        buffer.add(chunk);
        wait();
      }
    };
    const whole = (): void => stop(() => resolve({ bytes: buffer.bytes, giveBack }));
    request
      .on('data', piece)
      .once('end', whole)
      .on('error', () => undefined);
    exchange.whenGone(() => fail(new ClientGone()));
    wait();
  });
}

/** Bytes that arrive in pieces, in one place: many small buffers would take many times their bytes. */
class Growing {
  pieces = 0;
  size = 0;
  private room: Buffer | undefined;

  constructor(private readonly expected: number) {}

  add(chunk: Buffer): void {
    this.pieces++;
    if (!this.room && chunk.length >= this.expected) this.room = chunk;
    else {
      const need = this.size + chunk.length;
      if (!this.room || this.room.length < need) {
        const larger = Buffer.allocUnsafe(Math.max(need, 2 * this.size));
        this.room?.copy(larger, 0, 0, this.size);
        this.room = larger;
      }
      chunk.copy(this.room, this.size);
    }
    this.size += chunk.length;
  }

  get bytes(): Buffer {
    return this.room?.subarray(0, this.size) ?? Buffer.alloc(0);
  }
}

const tooLarge = (): Problem => new Problem(413, 'Content Too Large', 'The body is larger than 1 MB; send less.');
const tooSlow = (): Problem =>
  new Problem(408, 'Request Timeout', 'The body did not come in time; send it again, faster. Nothing was changed.');
const full = (): Problem =>
  new Problem(
    503,
    'Service Unavailable',
    'Too much is sent at once. Nothing was changed; please try again in a moment.',
    { retryAfterSeconds: 1 },
  );
