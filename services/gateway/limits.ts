/**
 * What clients may take of the entrance, of one process. `...PerAddress` is the part that one address may take of it, so
 * that nobody takes it from the others. Behind a proxy that is not in TRUSTED_PROXIES all its clients are one address.
 */
export interface Limits {
  /** Connections; those beyond get 503 and are closed. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Connections to the sidecar, and so the most requests that can be under way to it (settings.ts). */
  readonly places: number;
  /** Unanswered requests of one connection that are begun; those behind them wait. */
  readonly begun: number;
  /** Pipelined requests that wait for an answer before them; the first beyond gets 503, and its connection is closed. */
  readonly waiting: number;
  readonly waitingPerAddress: number;
  /** Bytes of one body. */
  readonly body: number;
  /** Bytes of bodies in memory. */
  readonly bodies: number;
  readonly bodiesPerAddress: number;
  /** Bytes of answers that were not read by their clients yet. */
  readonly answers: number;
  readonly answersPerAddress: number;
  /** Characters of path and query. */
  readonly target: number;
  /** Bytes of what goes on to the sidecar before the body: daprd takes 8,192 (its read buffer of 4 KiB, and Go's 4 KiB). */
  readonly head: number;
  /** Milliseconds for the head of a request. */
  readonly headMs: number;
  /** Milliseconds in which nothing of a body comes, and for all of it. */
  readonly silenceMs: number;
  readonly bodyMs: number;
  /** Milliseconds for the sidecar's whole answer, where the service names none of its own (`entrance` in its service.ts). */
  readonly forwardMs: number;
  /** Milliseconds in which a client reads nothing of its answer. */
  readonly unreadMs: number;
  /** Milliseconds for reading a whole answer, and bytes a millisecond that a large one must be read beyond them. */
  readonly readingMs: number;
  readonly readingRate: number;
  /** Milliseconds between two looks at what takes too long. */
  readonly lookMs: number;
}

const MB = 1024 * 1024;

export const LIMITS: Limits = {
  connections: 4_000,
  connectionsPerAddress: 1_000,
  places: 256,
  begun: 1,
  waiting: 8_000,
  waitingPerAddress: 4_000,
  body: MB,
  bodies: 32 * MB,
  bodiesPerAddress: 16 * MB,
  answers: 64 * MB,
  answersPerAddress: 32 * MB,
  target: 4_096,
  head: 7_168,
  headMs: 10_000,
  silenceMs: 5_000,
  bodyMs: 30_000,
  forwardMs: 10_000,
  unreadMs: 30_000,
  readingMs: 60_000,
  readingRate: 64,
  lookMs: 250,
};

/** So much of something for all, and at most a part of it for one address. */
export class Shares {
  private readonly taken = new Map<string, number>();

  constructor(
    private left: number,
    private readonly each: number,
  ) {}

  /** Takes so much for an address; false, and nothing is taken, when it is not there. */
  take(address: string, amount = 1): boolean {
    const has = (this.taken.get(address) ?? 0) + amount;
    if (amount > this.left || has > this.each) return false;
    this.left -= amount;
    this.taken.set(address, has);
    return true;
  }

  /** Gives back what was taken. */
  give(address: string, amount = 1): void {
    if (amount === 0) return;
    const has = (this.taken.get(address) ?? 0) - amount;
    this.left += amount;
    if (has > 0) this.taken.set(address, has);
    else this.taken.delete(address);
  }
}

/** The shares of one process. */
export interface AllShares {
  readonly connections: Shares;
  readonly waiting: Shares;
  readonly bodies: Shares;
  readonly answers: Shares;
}

export const sharesOf = (limits: Limits): AllShares => ({
  connections: new Shares(limits.connections, limits.connectionsPerAddress),
  waiting: new Shares(limits.waiting, limits.waitingPerAddress),
  bodies: new Shares(limits.bodies, limits.bodiesPerAddress),
  answers: new Shares(limits.answers, limits.answersPerAddress),
});
