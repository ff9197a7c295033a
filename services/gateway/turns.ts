import { ClientGone, Problem } from '../kit/index.ts';
import type { Exchange } from './exchange.ts';

/** How many requests are worked at the same time, and how long the others may wait for their turn. */
export interface TurnTerms {
  readonly GATEWAY_IN_WORK: number;
  readonly GATEWAY_IN_WORK_PER_ADDRESS: number;
  readonly GATEWAY_IN_WORK_SHARED: number;
  readonly GATEWAY_QUEUE_MS: number;
}

/** Fewer than these are no part to live on: a browser sends six at once. */
const LEAST = 8;
/** Milliseconds after its last request in which a client still counts as one of those that share. */
const PRESENT_MS = 1_000;
/** What the newest of the distances between two answers weighs in their mean. */
const WEIGHT = 0.1;

/** What is known here of a request. */
type Asking = Pick<Exchange, 'address' | 'whenGone'>;

/** What one address has in work, and what of it waits. */
interface Client {
  inWork: number;
  readonly waiting: Waiting[];
  /** When its last answer came. */
  left: number;
}

interface Waiting {
  readonly since: number;
  readonly begin: () => void;
  readonly refuse: (problem: Problem) => void;
}

/**
 * Whose request is worked next. As long as there is room a request begins at once. Beyond that each address has a queue of
 * its own, and the queues are served in turn, so that who asks for much waits for himself. While several addresses have
 * requests, each has its part of what they share; who is alone may take more. A request that would wait too long is
 * refused while that is still early: as it comes, by the pace of the answers, or else when its time is over.
 */
export class Turns {
  private inWork = 0;
  private waits = 0;
  private readonly clients = new Map<string, Client>();
  /** Clients with a queue; the first is served next. */
  private readonly queues = new Set<Client>();
  /** Milliseconds between two answers while somebody waits. */
  private pace = 0;
  private lastAnswer = 0;

  /** @param now time in milliseconds, by a clock that is never set */
  constructor(
    private readonly terms: () => TurnTerms,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Takes a turn, to be given back with `leave`.
   * @returns nothing when the work can begin; else what resolves when it can, or rejects with Problem 503 or ClientGone
   */
  enter(exchange: Asking): Promise<void> | undefined {
    const client = this.clientOf(exchange.address);
    if (this.hasRoom(client) && client.waiting.length === 0) {
      this.begin(client);
      return undefined;
    }
    return this.wait(client, exchange);
  }

  /** The answer is there, or there will be none. */
  leave(address: string): void {
    const client = this.clientOf(address);
    const now = this.now();
    client.inWork--;
    client.left = now;
    this.inWork--;
    if (this.waits === 0) return;
    if (this.lastAnswer > 0) this.pace += WEIGHT * (now - this.lastAnswer - this.pace);
    this.lastAnswer = now;
    this.serve(now);
  }

  /** Refuses who has waited too long, and forgets who is away. Called from time to time. */
  look(now: number): void {
    for (const [address, client] of this.clients)
      if (client.inWork === 0 && client.waiting.length === 0 && now - client.left > PRESENT_MS)
        this.clients.delete(address);
    if (this.waits > 0) this.serve(now);
  }

  private clientOf(address: string): Client {
    let client = this.clients.get(address);
    if (!client) {
      client = { inWork: 0, waiting: [], left: this.now() };
      this.clients.set(address, client);
    }
    return client;
  }

  private hasRoom({ inWork }: Client): boolean {
    const { GATEWAY_IN_WORK: all, GATEWAY_IN_WORK_PER_ADDRESS: each, GATEWAY_IN_WORK_SHARED: shared } = this.terms();
    const part = this.clients.size > 1 ? Math.max(LEAST, Math.floor(shared / this.clients.size)) : each;
    return this.inWork < all && inWork < Math.min(each, part);
  }

  private begin(client: Client): void {
    client.inWork++;
    this.inWork++;
  }

  private wait(client: Client, exchange: Asking): Promise<void> | undefined {
    const patience = this.terms().GATEWAY_QUEUE_MS;
    // Before it come those of its own queue, and one of each other queue for each of them.
    const before = Math.min(this.waits, (client.waiting.length + 1) * Math.max(1, this.queues.size));
    if (patience === 0 || before * this.pace > patience) return Promise.reject(full());
    if (this.waits === 0) this.lastAnswer = this.pace = 0;
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        since: this.now(),
        begin: () => {
          exchange.whenGone(() => undefined);
          resolve();
        },
        refuse: reject,
      };
      client.waiting.push(one);
      this.queues.add(client);
      this.waits++;
      exchange.whenGone(() => {
        this.remove(client, one);
        reject(new ClientGone());
      });
    });
  }

  private remove(client: Client, one: Waiting): void {
    const at = client.waiting.indexOf(one);
    if (at < 0) return;
    client.waiting.splice(at, 1);
    this.waits--;
    if (client.waiting.length === 0) this.queues.delete(client);
  }

  /** Lets begin what can, one of each queue after the other. */
  private serve(now: number): void {
    const since = now - this.terms().GATEWAY_QUEUE_MS;
    for (const client of this.queues)
      for (let one = client.waiting[0]; one && one.since < since; one = client.waiting[0]) {
        this.remove(client, one);
        one.refuse(full());
      }
    for (let isServed = true; isServed; ) {
      isServed = false;
      for (const client of [...this.queues]) {
        const [one] = client.waiting;
        if (!one || !this.hasRoom(client)) continue;
        this.remove(client, one);
        if (this.queues.delete(client)) this.queues.add(client);
        this.begin(client);
        one.begin();
        isServed = true;
      }
    }
  }
}

/** There is no room for one more. */
export const full = (): Problem =>
  new Problem(
    503,
    'Service Unavailable',
    'There are too many requests at once. Nothing was changed; please try again in a moment.',
    { retryAfterSeconds: 1 },
  );
