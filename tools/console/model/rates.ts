import type { Entry } from './entry.ts';
import type { Models } from './system.ts';

/** Seconds that are counted, and those of them that a rate is taken of. */
const KEPT = 60;
const SHORT = 10;

/** Counts per second, of the last minute. */
class Counter {
  private readonly seconds = new Float64Array(KEPT);
  private newest = 0;

  add(second: number, by = 1): void {
    this.turn(second);
    if (second > this.newest - KEPT) this.seconds[second % KEPT]! += by;
  }

  /** The counts of the last minute, oldest first. */
  series(now: number): number[] {
    this.turn(now);
    return Array.from({ length: KEPT }, (_, at) => this.seconds[(now - KEPT + 1 + at) % KEPT]!);
  }

  /** A second, of the last ten whole ones. */
  rate(now: number): number {
    const last = this.series(now).slice(-SHORT - 1, -1);
    return last.reduce((sum, one) => sum + one, 0) / SHORT;
  }

  private turn(now: number): void {
    if (now <= this.newest) return;
    for (let at = Math.max(this.newest + 1, now - KEPT + 1); at <= now; at++) this.seconds[at % KEPT] = 0;
    this.newest = now;
  }
}

/** What became of the last call between two services that tells how their breaker stands. */
export interface LastCall {
  readonly outcome: string;
  readonly at: number;
  readonly ms: number;
}

/** How much goes on where: at services (`lecture pay`) and between them (`lecture class>pay call`). */
export class Rates {
  private readonly counters = new Map<string, Counter>();
  readonly lastCalls = new Map<string, LastCall>();

  constructor(private readonly models: () => Models) {}

  take(entry: Entry): void {
    const { system, service, at } = entry;
    const second = Math.floor(at / 1000);
    const add = (name: string) => this.counter(`${system} ${name}`).add(second);
    if (entry.kind === 'command') {
      add(service);
      if (entry.cause === undefined) add(`gateway>${service} command`);
      if (entry.cause === undefined && entry.status >= 500) add(`gateway>${service} failed`);
    } else if (entry.kind === 'call') {
      const edge = `${service}>${entry.callee.slice(entry.callee.indexOf('-') + 1)}`;
      add(`${edge} call`);
      if (entry.outcome !== 'done') add(`${edge} failed`);
      // Calls that were under way when the breaker opened end after those that it refused: only a call that is done closes it.
      const wasOpen = this.lastCalls.get(`${system} ${edge}`)?.outcome === 'open';
      if (entry.outcome === 'open' || entry.outcome === 'done' || !wasOpen)
        this.lastCalls.set(`${system} ${edge}`, { outcome: entry.outcome, at, ms: entry.ms });
    } else if (entry.kind === 'acted') {
      add(service);
      const by = this.models()[system]?.events.find(({ type }) => type === entry.event.type)?.by;
      if (by) add(`${by}>${service} event`);
      if (by && entry.outcome !== 'done' && entry.outcome !== 'refused') add(`${by}>${service} failed`);
    }
  }

  rate(name: string): number {
    return this.counters.get(name)?.rate(Math.floor(Date.now() / 1000)) ?? 0;
  }

  series(name: string): number[] {
    return this.counters.get(name)?.series(Math.floor(Date.now() / 1000)) ?? [];
  }

  private counter(name: string): Counter {
    const known = this.counters.get(name);
    if (known) return known;
    const counter = new Counter();
    this.counters.set(name, counter);
    return counter;
  }
}
