import type { Publication } from '../dapr/pubsub.ts';
import type { Sidecar } from '../dapr/sidecar.ts';
import type { Clock } from '../runtime/clock.ts';
import { inTime } from '../runtime/in-time.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { Adoption } from './adoption.ts';
import { LATE, LateRecords } from './late-records.ts';
import { Leases } from './lease.ts';
import { type Park, Publisher } from './publisher.ts';
import { QuietMark } from './quiet-mark.ts';
import { Recovery, type Settlement } from './recovery.ts';
import { Ring, readRing, slot } from './ring.ts';

export type { Park } from './publisher.ts';
export type { Settlement } from './recovery.ts';
export type { Entry } from './ring.ts';

const RENEW_MS = 3_000;
const LAST_EVENTS_MS = 5_000;
const LAST_WRITES_MS = 3_000;

/**
 * A transactional outbox without key listing: a ring of known keys for each running instance, the rings registered in
 * one document. A record is written in the transaction of its documents; records are numbered, and each carries the
 * number below which everything is published, so that retiring costs no write of its own under load.
 *
 * Promises: every event of a committed change is handed to the broker at least once, in order for one document (which not
 * every broker keeps), also when the process, its sidecar, the store or the broker is killed at any moment; by this
 * instance, by its successor of the same identity at once, or by any other instance when the lease ran out. What the
 * broker refuses for good is parked. Nothing but a store is needed to start. Source of the idea: transactional outbox
 * (Richardson, microservices.io), log with a low-water mark (Kafka).
 */
export class Outbox {
  private readonly ring: Ring;
  private readonly leases: Leases;
  private readonly publisher: Publisher;
  private readonly recovery: Recovery;
  private readonly adoption: Adoption;
  private readonly ending = new AbortController();
  private endRenewal: (() => void) | undefined;
  private readonly quietMark: QuietMark;
  /** What the former life may still write, while it may. */
  private late: LateRecords | undefined;

  constructor(
    private readonly sidecar: Sidecar,
    instance: string,
    settlement: Settlement,
    private readonly clock: Clock,
  ) {
    const { signal } = this.ending;
    this.ring = new Ring(instance);
    this.leases = new Leases(sidecar, instance, clock);
    this.publisher = new Publisher(sidecar, clock);
    this.recovery = new Recovery(settlement, this.publisher, clock, signal);
    this.adoption = new Adoption(sidecar, this.recovery, clock, signal);
    this.quietMark = new QuietMark(sidecar, this.ring, clock, signal);
  }

  /** Events that are committed and neither published nor parked, and what is still to be taken up of former lives. */
  get backlog(): number {
    return this.publisher.backlog + this.recovery.backlog + this.adoption.backlog;
  }

  /** For how many seconds the oldest of these events has waited. */
  get age(): number {
    const { oldest } = this.publisher;
    return Number.isFinite(oldest) ? (this.clock.now() - oldest) / 1000 : 0;
  }

  /** Why events do not get on, in one sentence for operators; undefined while they do. */
  get stalled(): string | undefined {
    return this.publisher.stalled ?? this.leases.stalled;
  }

  /** Says what is done with events that the broker refuses for good. */
  parkWith(park: Park): void {
    this.publisher.park(park);
  }

  /**
   * Takes up what an earlier life of this instance left, registers the ring, and looks after rings that nobody renews.
   * Needs the store alone: events go out, and intents are carried out, later. @throws Unavailable, and may be called again
   */
  async start(): Promise<void> {
    const interrupted = await this.leases.interrupted();
    const left = await readRing(this.sidecar, this.ring.name);
    const stand = await this.recovery.examine(left.records);
    await this.renew();
    this.ring.resume(left, interrupted ? LATE : 0);
    this.quietMark.begin();
    this.recovery.takeUp(left.records, stand, ({ seq }) => this.done(seq));
    this.late = interrupted
      ? new LateRecords(this.sidecar, this.recovery, this.ring.name, left.top, this.clock)
      : undefined;
    this.endRenewal = this.clock.every(RENEW_MS, () => this.lookAfter());
  }

  private async lookAfter(): Promise<void> {
    try {
      await this.renew();
      const over = this.late?.isOver;
      await this.late?.takeUp();
      if (over) this.endLate();
    } catch (error) {
      this.leases.notRenewed(reason(error));
    }
  }

  /** Reserves a record for `count` entries. @param urgent to finish what was begun @throws Overloaded */
  reserve(count: number, urgent = false): number {
    return this.ring.reserve(count, urgent, this.publisher.isFull);
  }

  /**
   * The write that puts a record into the transaction of its documents, as the text of an operation.
   * @param entries as JSON
   */
  record(seq: number, entries: readonly string[]): string {
    const key = JSON.stringify(slot(this.ring.name, seq));
    const value = `{"seq":${seq},"retired":${this.ring.low},"entries":[${entries.join()}]}`;
    return `{"operation":"upsert","request":{"key":${key},"value":${value}}}`;
  }

  /**
   * A change stands in the store: its events go out, off the caller's path.
   * @param done they are published or parked
   * @param texts the events as JSON, where known
   */
  publish(publications: readonly Publication[], done: () => void, texts?: readonly string[]): void {
    this.publisher.add(publications, done, this.clock.now(), texts);
  }

  /** One entry of a record needs no more care. */
  done(seq: number): void {
    this.ring.done(seq);
    this.quietMark.whenQuiet();
  }

  /** Publishes what is left, says that all is published, and gives up the lease; in a few seconds, whatever is away. */
  async close(): Promise<void> {
    this.endRenewal?.();
    const published = Promise.resolve(this.late?.takeUp()).then(() => this.publisher.finish());
    const all = await this.within(LAST_EVENTS_MS, published);
    this.ending.abort();
    this.publisher.stop();
    if (all) this.endLate();
    await this.within(LAST_WRITES_MS, this.handOver());
  }

  /** Waits for work so long at most, whatever becomes of it. */
  private within(ms: number, work: Promise<unknown>): Promise<boolean> {
    return inTime(this.clock, ms, work).catch((error) => {
      log.warn('the next life of this instance publishes what is left', { reason: reason(error) });
      return false;
    });
  }

  private async handOver(): Promise<void> {
    await this.quietMark.now();
    await this.leases.release(this.adoption.claimed, this.ring.end());
  }

  private async renew(): Promise<void> {
    const orphans = await this.leases.renew(
      this.adoption.claimed,
      (ring) => this.adoption.wanted(ring),
      (ring) => this.adoption.finished(ring),
    );
    this.adoption.adopt(orphans);
  }

  private endLate(): void {
    if (this.late && !this.late.isPublished) return;
    this.late = undefined;
    this.ring.endGap();
    this.quietMark.whenQuiet();
  }
}
