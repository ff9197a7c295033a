import type { Socket } from 'node:net';
import { Problem } from '../kit/index.ts';
import type { Exchange } from './exchange.ts';
import type { AllShares, Limits } from './limits.ts';

/** So many that wait make a connection be read no further. What was read already may hold more. */
const UNREAD = 16;

/**
 * One connection of a client: begins its requests in their order, a few at a time, and ends all of them when the client is
 * gone. It watches the socket, since a response that is not the first in its connection's queue is never told.
 */
export class Connection {
  /** Begun, and their answers not handed over yet. */
  private readonly open = new Set<Exchange>();
  private readonly waiting: Exchange[] = [];
  private isLast = false;
  private readonly onAnswered: (() => void)[] = [];

  /**
   * @param share whose share of the limits it takes
   * @param isOver beyond the limit: it gets 503 and is closed
   */
  constructor(
    private readonly socket: Socket,
    readonly share: string,
    readonly isOver: boolean,
    private readonly limits: Limits,
    private readonly shares: AllShares,
    private readonly begin: (exchange: Exchange) => void,
  ) {}

  /** Takes the next request. */
  add(exchange: Exchange): void {
    if (this.isLast) return;
    if (this.open.size < this.limits.begun && this.waiting.length === 0) this.start(exchange);
    else if (this.shares.waiting.take(this.share)) {
      this.waiting.push(exchange);
      if (this.waiting.length === UNREAD) this.socket.pause();
    } else this.last(exchange);
  }

  /** Looks for what takes too long. */
  look(now: number): void {
    for (const exchange of this.open) exchange.look(now);
  }

  /** What comes next cannot be read: see `Handlers.unreadable`. */
  async unreadable(problem: Problem): Promise<boolean> {
    this.isLast = true;
    const broken = [...this.open].find(({ request, response }) => !request.complete && !response.headersSent);
    if (broken) {
      broken.headers.connection = 'close';
      broken.refuse(problem);
      broken.gone();
    }
    if (this.open.size > 0) await new Promise<void>((resolve) => this.onAnswered.push(resolve));
    return broken !== undefined;
  }

  /** The client is gone. */
  close(): void {
    this.isLast = true;
    for (const exchange of this.open) exchange.gone();
    this.open.clear();
    this.shares.waiting.give(this.share, this.waiting.length);
    this.waiting.length = 0;
  }

  private start(exchange: Exchange): void {
    this.open.add(exchange);
    exchange.response.once('finish', () => this.finished(exchange));
    this.begin(exchange);
  }

  private finished(exchange: Exchange): void {
    exchange.done();
    exchange.release();
    this.open.delete(exchange);
    while (this.waiting.length > 0 && this.open.size < this.limits.begun) {
      const next = this.waiting.shift();
      this.shares.waiting.give(this.share);
      if (next) this.start(next);
    }
    if (this.open.size === 0) for (const resolve of this.onAnswered.splice(0)) resolve();
    if (this.waiting.length === 0 && !this.isLast && this.socket.isPaused()) this.socket.resume();
  }

  /** There is no room for one more to wait: it is told so in its turn, and what comes behind it is not read. */
  private last(exchange: Exchange): void {
    this.isLast = true;
    this.socket.pause();
    const more = { retryAfterSeconds: 1 };
    exchange.refuse(
      new Problem(503, 'Service Unavailable', 'Too many requests wait here for an answer; send fewer at once.', more),
      { connection: 'close' },
    );
  }
}
