import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, correlationId, type Problem, problemBody } from '../kit/index.ts';
import { corsOf } from './cors.ts';
import type { AllShares, Limits } from './limits.ts';

/** What all exchanges of a gateway share. */
export interface Surroundings {
  readonly limits: Limits;
  readonly shares: AllShares;
  readonly context: Context;
  /** Whose pages may call: see `corsOf`. */
  origins(): string;
}

type Headers = Readonly<Record<string, string | string[]>>;

/** One request and its answer: what both carry, what they hold, and until when the next step must be done. */
export class Exchange {
  readonly requestId: string;
  /** Whose share of the limits it takes. */
  address: string;
  /** Further headers of the answer, refusals included. */
  readonly headers: Record<string, string> = {};
  /** The client is gone: what is done for it alone ends. */
  isGone = false;
  private deadline = Number.POSITIVE_INFINITY;
  private late: () => void = () => undefined;
  private onGone: () => void = () => undefined;
  private held = 0;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    address: string,
    private readonly around: Surroundings,
    /** The client waits for `100 Continue` before it sends the body. */
    private expectsContinue: boolean,
  ) {
    this.address = address;
    const given = request.headers['x-request-id'];
    this.requestId = typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : around.context.id();
  }

  /** GET and HEAD change nothing, so what became of them needs no word. */
  get isRead(): boolean {
    return this.request.method === 'GET' || this.request.method === 'HEAD';
  }

  /** Milliseconds, by the clock that is never set. */
  get now(): number {
    return this.around.context.clock.monotonic();
  }

  /** Something is to be done within so many milliseconds, else `late` is called; a new step replaces the old one. */
  within(ms: number, late: () => void): void {
    this.deadline = this.now + ms;
    this.late = late;
  }

  /**
   * Something is late after so many milliseconds, to the millisecond, unlike `within`.
   * @returns it is done
   */
  after(ms: number, late: () => void): () => void {
    return this.around.context.clock.after(ms, late);
  }

  /** There is no step any more. */
  done(): void {
    this.deadline = Number.POSITIVE_INFINITY;
  }

  /** Called from time to time. */
  look(now: number): void {
    if (now <= this.deadline) return;
    this.done();
    this.late();
  }

  /** What ends the work at hand when the client is gone. */
  whenGone(end: () => void): void {
    this.onGone = end;
    if (this.isGone) end();
  }

  /** The connection is closed. */
  gone(): void {
    this.isGone = true;
    this.release();
    this.onGone();
  }

  /** Takes room for so many more bytes of the answer; false when there is none. */
  hold(bytes: number): boolean {
    if (this.isGone || !this.around.shares.answers.take(this.address, bytes)) return false;
    this.held += bytes;
    return true;
  }

  /** Bytes of the answer there is room for. */
  get room(): number {
    return this.held;
  }

  /** The answer is handed over: gives back its room. */
  release(): void {
    this.around.shares.answers.give(this.address, this.held);
    this.held = 0;
  }

  /** Tells a client that waits for it to send the body. */
  goOn(): void {
    if (this.expectsContinue) this.response.writeContinue();
    this.expectsContinue = false;
  }

  /** Answers, once; who reads too slowly is cut off. */
  answer(status: number, headers: Headers, body?: string | Buffer): void {
    const { response, request } = this;
    const { limits, origins } = this.around;
    if (response.headersSent || this.isGone) return;
    const size = body === undefined ? 0 : Buffer.byteLength(body);
    const hasBody = status !== 204 && status !== 304;
    response.writeHead(status, {
      'x-request-id': this.requestId,
      ...corsOf(request.headers, origins()),
      ...this.headers,
      ...headers,
      ...(hasBody ? { 'content-length': size } : {}),
      // Who was not told to go on may send the body or the next request: only a new connection tells them apart.
      ...(this.expectsContinue ? { connection: 'close' } : {}),
    });
    this.within(limits.readingMs + size / limits.readingRate, () => request.socket.destroy());
    response.end(hasBody && request.method !== 'HEAD' ? body : undefined);
  }

  /** Answers with a problem (RFC 9457). */
  refuse(problem: Problem, headers: Headers = {}): void {
    const { retryAfterSeconds } = problem.more;
    this.answer(
      problem.status,
      {
        'content-type': 'application/problem+json; charset=utf-8',
        ...(retryAfterSeconds ? { 'retry-after': String(retryAfterSeconds) } : {}),
        ...headers,
      },
      problemBody(problem, { requestId: this.requestId, correlationId: correlationId() }),
    );
  }
}
