import type { Sidecar } from '../dapr/sidecar.ts';
import { LARGEST_TRANSACTION } from '../dapr/state.ts';
import { Overloaded, StoreRejected, Unavailable } from '../errors.ts';
import { type Entry, Outbox } from '../outbox/outbox.ts';
import { type Clock, realClock } from '../runtime/clock.ts';
import { count } from '../telemetry/metrics.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { type Change, type Commit, Conflict, entryOf, texts } from './commit.ts';
import { type Document, REMEMBERED_CAUSES } from './document.ts';
import { Settler } from './settler.ts';

export { type Change, Conflict } from './commit.ts';
export { type Document, knows, marked, REMEMBERED_CAUSES } from './document.ts';

/** A durable promise, see UnitOfWork.intend. */
export interface Intent {
  keep(): void;
  abandon(): Promise<void>;
}

const GROUP = 32;
const GROUP_BYTES = 1024 * 1024;
const IN_FLIGHT = 2;
/** Commits that wait for their turn at most. */
const QUEUE = 1_024;
const QUEUE_BYTES = 16 * LARGEST_TRANSACTION;
const PATIENCE_MS = 15_000;
const SWEEP_MS = 1_000;

/**
 * Writes documents together with the events they cause, in one state transaction with the outbox record.
 *
 * Promises: a commit that resolves stands in the store and its events will be published; one that rejects with Conflict,
 * StoreRejected or Overloaded changed nothing; one that rejects with Unavailable is unknown to the caller for now, is never
 * half done, and will be settled in the background (see Settler). Commits that wait for the store at the same time share a
 * transaction (group commit); what one of them is refused for costs the others nothing. Nothing waits without a bound.
 */
export class UnitOfWork {
  readonly outbox: Outbox;
  private readonly queue: Commit[] = [];
  private queuedBytes = 0;
  /** Those whose caller waits, the oldest first. */
  private readonly waiting = new Set<Commit>();
  private readonly settler: Settler;
  private readonly ending = new AbortController();
  private endSweep: (() => void) | undefined;
  private running = 0;

  constructor(
    private readonly sidecar: Sidecar,
    instance: string,
    private readonly clock: Clock = realClock,
  ) {
    this.outbox = new Outbox(
      sidecar,
      instance,
      { applied: (entries) => this.applied(entries), abandon: (entry) => this.abandon(entry) },
      clock,
    );
    this.settler = new Settler(sidecar.state, this.outbox, clock, this.ending.signal, {
      succeed: (commit) => this.succeed(commit),
      fail: (commit, error) => this.fail(commit, error),
    });
  }

  /** Commits whose outcome is looked for. */
  get settling(): number {
    return this.settler.size;
  }
  /** Why changes or their events do not get on, in one sentence for operators; undefined while they do. */
  get stalled(): string | undefined {
    return this.settler.stalled ?? this.outbox.stalled;
  }

  /** Commits one change. @throws Conflict, StoreRejected, Overloaded: nothing was changed; Unavailable: it is not known */
  async commit(change: Change): Promise<void> {
    await this.enqueue(entryOf(change), change);
  }

  /**
   * Makes a durable promise before something is started that another service will do: unless the document of `change`
   * comes into being, `change` will be made, also if this process dies now.
   * @returns keep(): nothing of it is needed any more; abandon(): makes the change now, or later if the store is away
   * @throws StoreRejected when the change could never be made, Overloaded, Unavailable: nothing may be started
   */
  async intend(change: Change): Promise<Intent> {
    const entry: Entry = { ...entryOf(change), publications: [], otherwise: change };
    const commit = await this.enqueue(entry, undefined);
    const keep = (): void => this.release(commit);
    return { keep, abandon: () => this.patient(this.fulfil(change).then(keep)) };
  }

  /** Ends in a few seconds, whatever is away; what is not settled is found by the next life. Never throws. */
  async close(): Promise<void> {
    this.endSweep?.();
    await this.outbox.close();
    this.ending.abort();
  }

  /** Makes the change of an intent, however long that takes, unless its document came into being. */
  private async fulfil(change: Change): Promise<void> {
    while (!this.ending.signal.aborted) {
      try {
        await this.enqueue(entryOf(change), change, true);
        return;
      } catch (error) {
        if (error instanceof Conflict) return;
        if (error instanceof StoreRejected) {
          count('intents_lost', {});
          log.error('what was begun cannot be undone', { key: change.key, reason: reason(error) });
          return;
        }
        log.warn('an intent waits', { key: change.key, reason: reason(error) });
        await this.clock.sleep(500, this.ending.signal);
      }
    }
    throw new Unavailable('the service ends; the next one undoes what was begun');
  }

  private enqueue(entry: Entry, change: Change | undefined, urgent = false): Promise<Commit> {
    return new Promise<Commit>((resolve, reject) => {
      const parts = texts(this.sidecar.state, entry, change);
      if (!urgent && this.full) throw overloaded();
      const commit: Commit = {
        ...parts,
        ...{ entry, change, urgent, since: this.clock.now(), numbers: [], own: undefined },
        ...{ queued: true, unsure: false, left: false },
        resolve: () => resolve(commit),
        reject,
      };
      this.endSweep ??= this.clock.every(SWEEP_MS, () => this.sweep());
      this.waiting.add(commit);
      this.queue.push(commit);
      this.queuedBytes += commit.bytes;
      this.pump();
    });
  }

  private get full(): boolean {
    return this.settler.full || this.queue.length >= QUEUE || this.queuedBytes >= QUEUE_BYTES;
  }

  private pump(): void {
    // What would only join those whose outcome nobody knows is not begun.
    if (this.settler.full) for (const commit of this.queue.filter(({ urgent }) => !urgent)) this.refuse(commit);
    while (this.running < IN_FLIGHT && this.queue.length > 0) {
      this.running++;
      void this.write(this.nextGroup()).finally(() => {
        this.running--;
        this.pump();
      });
    }
  }

  private nextGroup(): Commit[] {
    const keys = new Set<string>();
    const group: Commit[] = [];
    for (let i = 0, bytes = 0; i < this.queue.length && group.length < GROUP; ) {
      const { change, entry, bytes: more } = this.queue[i]!;
      const apart = (change && keys.has(entry.key)) || (group.length > 0 && bytes + more > GROUP_BYTES);
      if (apart) i++;
      else {
        if (change) keys.add(entry.key);
        bytes += more;
        group.push(this.dequeue(i));
      }
    }
    return group;
  }

  private dequeue(index: number): Commit {
    const [commit] = this.queue.splice(index, 1);
    this.queuedBytes -= commit!.bytes;
    commit!.queued = false;
    return commit!;
  }

  private async write(commits: readonly Commit[]): Promise<void> {
    let group = commits;
    let told = group.filter(({ recorded }) => recorded !== undefined);
    let seq = -1;
    try {
      const urgent = told.some((commit) => commit.urgent);
      if (told.length > 0) seq = this.outbox.reserve(told.length, urgent);
    } catch (error) {
      // What tells nothing needs no record, and goes on.
      for (const commit of told) this.fail(commit, error as Error);
      group = group.filter(({ recorded }) => recorded === undefined);
      told = [];
      if (group.length === 0) return;
    }
    for (const { numbers } of told) numbers.push(seq);
    const operations = group.flatMap((commit) => commit.operations);
    if (told.length > 0)
      operations.push(
        this.outbox.record(
          seq,
          told.map(({ recorded }) => recorded!),
        ),
      );
    try {
      await this.sidecar.state.transaction(operations);
      for (const commit of group) this.succeed(commit);
    } catch (error) {
      this.settler.take(group, error);
    }
  }

  private succeed(commit: Commit): void {
    const { publications, otherwise } = commit.entry;
    this.waiting.delete(commit);
    if (publications.length > 0) this.outbox.publish(publications, () => this.release(commit), commit.events);
    // Nobody starts anything on a promise that came too late; any other is kept or abandoned.
    else if (otherwise === undefined || commit.left) this.release(commit);
    commit.resolve();
  }

  private fail(commit: Commit, error: Error): void {
    this.waiting.delete(commit);
    this.release(commit);
    commit.reject(error);
  }

  /** The entry needs no more care, in whichever record it stands. */
  private release({ numbers }: Commit): void {
    for (const seq of numbers.splice(0)) this.outbox.done(seq);
  }

  private refuse(commit: Commit): void {
    this.dequeue(this.queue.indexOf(commit));
    this.fail(commit, overloaded());
  }

  /** Stops waiting for what has taken too long; what was sent is settled all the same. */
  private sweep(): void {
    const begun = this.clock.now() - PATIENCE_MS;
    for (const commit of this.waiting) {
      if (commit.since > begun) break;
      if (commit.urgent) continue;
      if (commit.queued) this.refuse(commit);
      else {
        this.waiting.delete(commit);
        commit.left = true;
        commit.reject(silent());
      }
    }
  }

  private async patient(work: Promise<void>): Promise<void> {
    const over = new AbortController();
    work.catch(() => undefined);
    const tooLong = this.clock.sleep(PATIENCE_MS, over.signal).then(() => {
      throw silent();
    });
    tooLong.catch(() => undefined);
    await Promise.race([work, tooLong]).finally(() => over.abort());
  }

  private async applied(entries: readonly Entry[]): Promise<boolean[]> {
    if (this.sidecar.atomic) return entries.map(() => true);
    const stored = await this.sidecar.read(entries.map(({ key }) => key));
    return entries.map(({ cause, version }, index) => {
      const document = stored[index]?.value as Document | undefined;
      return (
        document !== undefined && (document.causes.includes(cause) || document.version >= version + REMEMBERED_CAUSES)
      );
    });
  }

  private async abandon(entry: Entry): Promise<void> {
    const [stored] = await this.sidecar.read([entry.key]);
    if (stored?.etag) return;
    log.info('undoing what was begun and never finished', { key: entry.key });
    await this.fulfil(entry.otherwise as Change);
  }
}

const overloaded = (): Overloaded => new Overloaded('the store does not keep up; nothing was changed');
const silent = (): Unavailable => new Unavailable('the store does not answer; the outcome is not known yet');
