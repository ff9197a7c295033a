import { setTimeout as sleep } from 'node:timers/promises';
import { CREATE, type Publication, type Sidecar, type StateWrite } from '../dapr/sidecar.ts';
import { PublishRejected, Unavailable } from '../errors.ts';
import { count } from '../telemetry/metrics.ts';
import { log, reason } from '../telemetry/telemetry.ts';

/** The events of one change of one document, as they stand in an outbox record. */
export interface Entry {
  readonly key: string;
  readonly cause: string;
  readonly version: number;
  readonly publications: readonly Publication[];
  /** An intent: unless the document `key` comes into being, this is written there and its events are told. */
  readonly otherwise?: unknown;
}

interface OutboxRecord {
  readonly seq: number;
  readonly retired: number;
  readonly entries: readonly Entry[];
}

/** What the recovery of a ring needs from the unit of work. */
export interface Recovery {
  /** Says for each entry whether its change stands in the store. */
  applied(entries: readonly Entry[]): Promise<boolean[]>;
  /** Carries out what an intent promised for the case that its document never came into being. */
  abandon(entry: Entry): Promise<void>;
}

const SLOTS = 1024;
const KEPT_FREE = 256;
/** Records left free behind those of a former life: its last transactions may reach the store after we have read it. */
const LATE = 64;
const LATE_MS = 60_000;
/** Events in one publication at most, which is what Dapr sends at once. */
const BATCH = 100;
const RINGS = 'outbox-rings';
const LEASE_MS = 10_000;
const RENEW_MS = 3_000;
/** How long, and how often, the ring of an instance that died is looked at again, in case it was only paused. */
const FORGET_MS = 3_600_000;
const LOOK_AGAIN_MS = 30_000;
const QUIET_MS = 250;

/**
 * A transactional outbox without key listing: a ring of known keys for each running instance, the rings registered in
 * one document. A record is written in the transaction of its documents; records are numbered, and each carries the
 * number below which everything is published, so that retiring costs no write of its own under load.
 *
 * Promises: every event of a committed change is handed to the broker at least once, in order for one document (which not
 * every broker keeps), also when the process, its sidecar, the store or the broker is killed at any moment; by this
 * instance, by its successor of the same identity at once, or by any other instance when the lease ran out. Source of the idea: transactional outbox
 * (Richardson, microservices.io), log with a low-water mark (Kafka).
 */
export class Outbox {
  private next = 0;
  private low = 0;
  private readonly open = new Map<number, number>();
  private readonly queue: { seq: number; topic: string; publication: Publication; since: number }[] = [];
  private publishing: Promise<void> | undefined;
  private quiet: NodeJS.Timeout | undefined;
  private renewal: NodeJS.Timeout | undefined;
  private flushed = 0;
  private closing = false;
  private readonly lookedAt = new Map<string, number>();

  constructor(
    private readonly sidecar: Sidecar,
    private readonly instance: string,
    private readonly recovery: Recovery,
  ) {}

  /** Events that are committed and not yet published. */
  get backlog(): number {
    return this.queue.length;
  }

  /** For how many seconds the first of them has waited. */
  get age(): number {
    const [first] = this.queue;
    return first ? (Date.now() - first.since) / 1000 : 0;
  }

  /** Takes up what an earlier life of this instance left, registers the ring, and looks after rings that nobody renews. */
  async start(): Promise<void> {
    const left = await this.readRing(this.instance);
    this.next = left.top + LATE;
    this.low = left.records[0]?.seq ?? this.next;
    this.flushed = this.low;
    await this.renew();
    for (const record of left.records) this.open.set(record.seq, 1);
    await this.takeUp(left.records, (record) => this.done(record.seq));
    const begun = Date.now();
    const seen = new Set<number>();
    this.renewal = setInterval(() => {
      const late = Date.now() - begun < LATE_MS ? this.takeUpLate(left.top, seen) : undefined;
      Promise.all([this.renew(), late]).catch((error) =>
        log.warn('outbox lease not renewed', { reason: reason(error) }),
      );
    }, RENEW_MS);
  }

  /**
   * Reserves a record for `count` entries. Throws Unavailable while the broker is away for so long that the ring is full;
   * `urgent`: may take the room kept for finishing what was begun, without which the ring could never empty.
   */
  reserve(count: number, urgent = false): number {
    if (this.next - this.low >= SLOTS - (urgent ? 1 : KEPT_FREE))
      throw new Unavailable('the event broker has not taken events for too long; nothing was changed');
    clearTimeout(this.quiet);
    const seq = this.next++;
    this.open.set(seq, count);
    return seq;
  }

  /** The write that puts a record into the transaction of its documents. */
  record(seq: number, entries: readonly Entry[]): StateWrite {
    const value: OutboxRecord = { seq, retired: this.low, entries };
    return { key: slot(this.instance, seq), value };
  }

  /** The change of an entry stands in the store: its events go out, off the caller's path. */
  committed(seq: number, publications: readonly Publication[]): void {
    if (publications.length > 0) {
      this.open.set(seq, (this.open.get(seq) ?? 0) + publications.length);
      const since = Date.now();
      for (const publication of publications)
        this.queue.push({ seq, topic: this.topicOf(publication), publication, since });
      this.publishing ??= this.publishAll();
    }
    this.done(seq);
  }

  /** One entry of a record needs no more care. */
  done(seq: number): void {
    const left = (this.open.get(seq) ?? 1) - 1;
    if (left > 0) {
      this.open.set(seq, left);
      return;
    }
    this.open.delete(seq);
    while (this.low < this.next && !this.open.has(this.low)) this.low++;
    if (this.low === this.next && this.low > this.flushed && !this.closing) {
      clearTimeout(this.quiet);
      this.quiet = setTimeout(
        () => void this.flush().catch((error) => log.warn('outbox mark not written', { reason: reason(error) })),
        QUIET_MS,
      );
    }
  }

  /** Publishes what is left, says that all is published, and gives up the lease. */
  async close(): Promise<void> {
    this.closing = true;
    clearTimeout(this.quiet);
    clearInterval(this.renewal);
    await Promise.race([this.publishing, sleep(5_000, undefined, { ref: false })]);
    try {
      if (this.low > this.flushed) await this.flush();
      // With nothing left the ring is given up; else another instance may take it up at once.
      await this.updateRings((rings) => {
        if (this.low === this.next) delete rings[this.instance];
        else rings[this.instance] = Date.now() - 1;
      });
    } catch (error) {
      log.warn('the next life of this instance publishes what is left', { reason: reason(error) });
    }
  }

  private async flush(): Promise<void> {
    if (this.low !== this.next) return;
    const seq = this.next++;
    const retired = this.next;
    this.low = retired;
    await this.sidecar.write([
      { key: slot(this.instance, seq), value: { seq, retired, entries: [] } satisfies OutboxRecord },
    ]);
    this.flushed = retired;
  }

  private topicOf({ cloudEvent }: Publication): string {
    return cloudEvent.type === 'DeadLetter' ? `${this.sidecar.system}-deadletter` : this.sidecar.system;
  }

  private async publishAll(): Promise<void> {
    let wait = 25;
    let most = BATCH;
    while (this.queue.length > 0) {
      const { topic } = this.queue[0]!;
      const others = this.queue.findIndex((item) => item.topic !== topic);
      const batch = this.queue.splice(0, Math.min(most, others < 0 ? this.queue.length : others));
      try {
        const failed = await this.sidecar.publish(
          topic,
          batch.map(({ publication }) => publication),
        );
        this.queue.unshift(...batch.filter((_, index) => failed.has(index)));
        for (const [index, item] of batch.entries()) {
          if (failed.has(index)) continue;
          this.done(item.seq);
          count('events_published', { type: String(item.publication.cloudEvent.type) });
        }
        wait = failed.size > 0 ? Math.min(wait * 2, 1_000) : 25;
        most = BATCH;
        if (failed.size === 0) continue;
      } catch (error) {
        // One event that is refused must not hold up the others: alone, it goes behind them.
        const refused = error instanceof PublishRejected;
        if (refused && batch.length === 1) this.queue.push(...batch);
        else this.queue.unshift(...batch);
        if (refused) most = 1;
        log.warn('events wait in the outbox', { waiting: this.queue.length, reason: reason(error) });
        wait = Math.min(wait * 2, 1_000);
      }
      await sleep(wait);
    }
    this.publishing = undefined;
  }

  private async renew(): Promise<void> {
    const now = Date.now();
    let orphans: string[] = [];
    await this.updateRings((rings) => {
      orphans = Object.keys(rings).filter((ring) => ring !== this.instance && rings[ring]! < now);
      for (const ring of orphans) if (rings[ring]! < now - FORGET_MS) delete rings[ring];
      rings[this.instance] = now + LEASE_MS;
    });
    for (const ring of orphans) {
      if (now - (this.lookedAt.get(ring) ?? 0) < LOOK_AGAIN_MS) continue;
      await this.adopt(ring);
      this.lookedAt.set(ring, now);
    }
  }

  private async updateRings(change: (rings: Record<string, number>) => void): Promise<void> {
    for (;;) {
      const [stored] = await this.sidecar.read([RINGS]);
      const rings = { ...(stored?.value as Record<string, number> | undefined) };
      change(rings);
      try {
        return await this.sidecar.write([{ key: RINGS, value: rings, etag: stored?.etag ?? CREATE }]);
      } catch (error) {
        const [after] = await this.sidecar.read([RINGS]);
        if (after?.etag === stored?.etag) throw error;
      }
    }
  }

  private async adopt(ring: string): Promise<void> {
    const left = await this.readRing(ring);
    if (left.records.length === 0) return;
    log.info('publishing what an instance left', { instance: ring, records: left.records.length });
    const seq = this.reserve(left.records.length, true);
    await this.takeUp(left.records, () => this.done(seq), seq);
    while (this.open.has(seq)) await sleep(50);
    // Not over a record that its owner, come back meanwhile, has written.
    const end: OutboxRecord = { seq: left.top, retired: left.top + 1, entries: [] };
    await this.sidecar.wrote([{ key: slot(ring, left.top), value: end, etag: left.etagAtTop ?? CREATE }]);
  }

  private async takeUpLate(top: number, seen: Set<number>): Promise<void> {
    const keys = Array.from({ length: LATE }, (_, index) => slot(this.instance, top + index));
    for (const { value } of await this.sidecar.read(keys)) {
      const record = value as OutboxRecord | undefined;
      if (!record || record.seq < top || record.seq >= top + LATE || seen.has(record.seq)) continue;
      seen.add(record.seq);
      const seq = this.reserve(1, true);
      await this.takeUp([record], () => this.done(seq), seq);
    }
  }

  private async takeUp(
    records: readonly OutboxRecord[],
    finished: (record: OutboxRecord) => void,
    under?: number,
  ): Promise<void> {
    for (const record of records) {
      const intents = record.entries.filter((entry) => entry.otherwise !== undefined);
      for (const entry of intents) await this.recovery.abandon(entry);
      const changes = record.entries.filter((entry) => entry.otherwise === undefined && entry.publications.length > 0);
      const applied = await this.recovery.applied(changes);
      const seq = under ?? record.seq;
      for (const [index, entry] of changes.entries()) {
        if (!applied[index]) continue;
        this.open.set(seq, (this.open.get(seq) ?? 0) + 1);
        this.committed(seq, entry.publications);
      }
      finished(record);
    }
  }

  private async readRing(
    ring: string,
  ): Promise<{ records: OutboxRecord[]; top: number; etagAtTop: string | undefined }> {
    const stored = await this.sidecar.read(Array.from({ length: SLOTS }, (_, index) => slot(ring, index)));
    const all = stored.flatMap(({ value }) => (value ? [value as OutboxRecord] : []));
    const retired = Math.max(0, ...all.map((record) => record.retired));
    const top = Math.max(0, ...all.map((record) => record.seq + 1));
    const records = all.filter((record) => record.seq >= retired && record.entries.length > 0);
    return { records: records.sort((a, b) => a.seq - b.seq), top, etagAtTop: stored[top % SLOTS]?.etag };
  }
}

const slot = (ring: string, seq: number): string => `outbox-${ring}-${seq % SLOTS}`;
