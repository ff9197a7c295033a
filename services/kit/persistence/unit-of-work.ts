import type { Sidecar } from '../dapr/sidecar.ts';
import { type Entry, Outbox } from '../outbox/outbox.ts';
import { type Clock, realClock } from '../runtime/clock.ts';
import { type Change, type Commit, entryOf, texts } from './commit.ts';
import { CommitQueue, overloaded } from './commit-queue.ts';
import { type Document, standsIn } from './document.ts';
import { type Intent, Intents } from './intents.ts';
import { Settler } from './settler.ts';
import { Turn } from './turn.ts';

export { type Change, Conflict } from './commit.ts';
export { type Document, knows, marked, REMEMBERED_CAUSES } from './document.ts';
export type { Intent } from './intents.ts';

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
  private readonly queue: CommitQueue;
  private readonly settler: Settler;
  private readonly intents: Intents;
  private readonly ending = new AbortController();
  private readonly turn: Turn;

  /** @param instance the name of this replica, which survives its restart */
  constructor(
    private readonly sidecar: Sidecar,
    instance: string,
    private readonly clock: Clock = realClock,
  ) {
    const { signal } = this.ending;
    this.turn = new Turn(clock, () => this.pump());
    this.intents = new Intents(sidecar, clock, signal, {
      enqueue: (...of) => this.enqueue(...of),
      release: (commit) => this.release(commit),
    });
    this.outbox = new Outbox(
      sidecar,
      instance,
      { applied: (entries) => this.applied(entries), abandon: (entry) => this.intents.takeUp(entry) },
      clock,
    );
    this.queue = new CommitQueue(clock, (commit) => this.release(commit));
    this.settler = new Settler(sidecar.state, this.outbox, clock, signal, {
      succeed: (commit) => this.succeed(commit),
      fail: (commit, error) => this.queue.fail(commit, error),
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
  intend(change: Change): Promise<Intent> {
    return this.intents.make(change);
  }

  /** Ends in a few seconds, whatever is away; what is not settled is found by the next life. Never throws. */
  async close(): Promise<void> {
    this.queue.close();
    await this.outbox.close();
    this.ending.abort();
  }

  private enqueue(entry: Entry, change: Change | undefined, urgent = false): Promise<Commit> {
    return new Promise<Commit>((resolve, reject) => {
      const parts = texts(this.sidecar.state, entry, change);
      if (!urgent && (this.settler.full || this.queue.isFull)) throw overloaded();
      const commit: Commit = {
        ...parts,
        ...{ entry, change, urgent, since: this.clock.monotonic(), numbers: [], own: undefined },
        ...{ queued: true, unsure: false, left: false },
        resolve: () => resolve(commit),
        reject,
      };
      this.queue.add(commit);
      // What is decided at the same moment, as the reactions to a batch of events are, shares a transaction.
      queueMicrotask(() => this.pump());
    });
  }

  private pump(): void {
    // What would only join those whose outcome nobody knows is not begun.
    if (this.settler.full) this.queue.refuseNew();
    while (!this.queue.isEmpty && this.turn.hasCome) {
      const commits = this.queue.next();
      this.turn.take(() => this.write(commits));
    }
    if (!this.queue.isEmpty) this.turn.await();
  }

  private async write(commits: readonly Commit[]): Promise<void> {
    let group = commits;
    let publishing = group.filter(({ recorded }) => recorded !== undefined);
    let seq = -1;
    try {
      const urgent = publishing.some((commit) => commit.urgent);
      if (publishing.length > 0) seq = this.outbox.reserve(publishing.length, urgent);
    } catch (error) {
      // What tells nothing needs no record, and goes on.
      for (const commit of publishing) this.queue.fail(commit, error as Error);
      group = group.filter(({ recorded }) => recorded === undefined);
      publishing = [];
      if (group.length === 0) return;
    }
    for (const { numbers } of publishing) numbers.push(seq);
    const operations = group.flatMap((commit) => commit.operations);
    if (publishing.length > 0)
      operations.push(
        this.outbox.record(
          seq,
          publishing.map(({ recorded }) => recorded!),
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
    if (publications.length > 0) this.outbox.publish(publications, () => this.release(commit), commit.events);
    // Nobody starts anything on a promise that came too late; any other is kept or abandoned.
    else if (otherwise === undefined || commit.left) this.release(commit);
    this.queue.succeed(commit);
  }

  /** The entry needs no more care, in whichever record it stands. */
  private release({ numbers }: Commit): void {
    for (const seq of numbers.splice(0)) this.outbox.done(seq);
  }

  /** Which of these changes stand in the store. On an atomic one all do, since their outbox record does. */
  private async applied(entries: readonly Entry[]): Promise<boolean[]> {
    if (this.sidecar.atomic) return entries.map(() => true);
    const stored = await this.sidecar.read(entries.map(({ key }) => key));
    return entries.map(({ cause, version }, index) =>
      standsIn(stored[index]?.value as Document | undefined, cause, version),
    );
  }
}
