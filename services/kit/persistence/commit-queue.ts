import { LARGEST_TRANSACTION } from '../dapr/state.ts';
import { Overloaded, Unavailable } from '../errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Commit } from './commit.ts';

/** Commits in one transaction at most, and their bytes. */
const GROUP = 32;
const GROUP_BYTES = 1024 * 1024;
/** Commits that wait for their turn at most, and their bytes. */
const QUEUE = 1_024;
const QUEUE_BYTES = 16 * LARGEST_TRANSACTION;
/** Milliseconds a caller waits for an outcome at most. */
export const PATIENCE_MS = 15_000;
const SWEEP_MS = 1_000;

/** Commits before they are sent, and whose callers still wait: how many and how long is bounded. */
export class CommitQueue {
  private readonly queue: Commit[] = [];
  private queuedBytes = 0;
  /** Those whose caller waits, the oldest first. */
  private readonly waiting = new Set<Commit>();
  private endSweep: (() => void) | undefined;

  /** @param release what a commit holds is free again: it was refused before it was sent */
  constructor(
    private readonly clock: Clock,
    private readonly release: (commit: Commit) => void,
  ) {}

  get isEmpty(): boolean {
    return this.queue.length === 0;
  }

  get isFull(): boolean {
    return this.queue.length >= QUEUE || this.queuedBytes >= QUEUE_BYTES;
  }

  add(commit: Commit): void {
    this.endSweep ??= this.clock.every(SWEEP_MS, () => this.sweep());
    this.waiting.add(commit);
    this.queue.push(commit);
    this.queuedBytes += commit.bytes;
  }

  /** Takes those that go into one transaction: no two changes of one document. */
  next(): Commit[] {
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

  /** Refuses what is not sent yet, but for what finishes something. */
  refuseNew(): void {
    for (const commit of this.queue.filter(({ urgent }) => !urgent)) this.refuse(commit);
  }

  succeed(commit: Commit): void {
    this.waiting.delete(commit);
    commit.resolve();
  }

  fail(commit: Commit, error: Error): void {
    this.waiting.delete(commit);
    this.release(commit);
    commit.reject(error);
  }

  /** Nobody is told any more that it takes too long. */
  close(): void {
    this.endSweep?.();
  }

  private dequeue(index: number): Commit {
    const [commit] = this.queue.splice(index, 1);
    this.queuedBytes -= commit!.bytes;
    commit!.queued = false;
    return commit!;
  }

  private refuse(commit: Commit): void {
    this.dequeue(this.queue.indexOf(commit));
    this.fail(commit, overloaded());
  }

  /** Stops waiting for what has taken too long; what was sent is settled all the same. */
  private sweep(): void {
    const begun = this.clock.monotonic() - PATIENCE_MS;
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
}

/** Nothing was begun, since too much waits already. */
export const overloaded = (): Overloaded => new Overloaded('the store does not keep up; nothing was changed');
/** Its caller waits no longer; what was sent is settled all the same. */
export const silent = (): Unavailable => new Unavailable('the store does not answer; the outcome is not known yet');
