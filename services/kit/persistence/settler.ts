import { CREATE, type StateStore, type StateWrite, type Stored } from '../dapr/state.ts';
import { readSurely } from '../dapr/sure-read.ts';
import { Overloaded, StoreRejected, Unavailable } from '../errors.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Clock } from '../runtime/clock.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { type Commit, Conflict } from './commit.ts';
import type { Document } from './document.ts';

/** Commits whose outcome is looked for at once; beyond that nothing new is begun. */
const AT_ONCE = 64;
const FIRST_MS = 50;
const LAST_MS = 2_000;
/** A commit is given up that the store refused so often, while it took others between any two refusals. */
const GIVE_UP_AFTER = 8;
const LOG_MS = 10_000;
const STALLED_MS = 30_000;
/** What a store says of the moment, not of the write: locks, no room, read-only, starting, spared. */
const PASSING =
  /deadlock|\block(ed)?\b|try again|restart|read-?only|oom command|misconf|loading|\bdisk\b|\bfull\b|connection|circuit breaker|deadline|time[d ]?-?out|broken pipe|\bEOF\b|unavailable/i;

/** How a commit ends. */
export interface Ending {
  succeed(commit: Commit): void;
  /** Nothing of it stands in the store. */
  fail(commit: Commit, error: Error): void;
}

/**
 * Finds out what became of commits whose transaction failed: only the store knows. It reads, and writes again what is
 * neither applied nor overtaken, each by itself, as long as the store is away; nothing else waits for it. What the store
 * refuses for good, or again and again while it takes others, is given up.
 */
export class Settler {
  private readonly unsettled = new Set<Commit>();
  private loggedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: StateStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
    private readonly ending: Ending,
  ) {}

  get size(): number {
    return this.unsettled.size;
  }
  get full(): boolean {
    return this.unsettled.size >= AT_ONCE;
  }
  get stalled(): string | undefined {
    const [oldest] = this.unsettled;
    const seconds = oldest ? Math.round((this.clock.monotonic() - oldest.since) / 1000) : 0;
    return seconds * 1000 > STALLED_MS
      ? `the store has not told the outcome of ${this.unsettled.size} changes, the oldest for ${seconds} s`
      : undefined;
  }

  /** Takes over commits that shared a transaction which failed. */
  take(group: readonly Commit[], error: unknown): void {
    if (error instanceof StoreRejected && group.length === 1) {
      this.ending.fail(group[0]!, error);
      return;
    }
    for (const commit of group) {
      this.unsettled.add(commit);
      commit.unsure = !(error instanceof StoreRejected);
    }
    void this.sort(group, error);
  }

  private async sort(group: readonly Commit[], error: unknown): Promise<void> {
    // Refused for good, nothing of it was written: one of them is to blame, and the others are written without it.
    if (error instanceof StoreRejected) {
      await Promise.all(group.map((commit) => this.again(commit, 0)));
      return;
    }
    const open = await this.look(group).catch(() => undefined);
    // The answer for all may be what fails, so from now on each looks for itself.
    const wait = open && group.length > 1 ? 0 : FIRST_MS;
    await Promise.all((open ?? group).map((commit) => this.again(commit, wait, !open)));
  }

  /** Writes a commit again by itself, until it has an outcome. */
  private async again(commit: Commit, first: number, lookFirst = false): Promise<void> {
    let refused = 0;
    let written = this.store.written;
    for (let wait = first, look = lookFirst; ; wait = Math.min(Math.max(wait * 2, FIRST_MS), LAST_MS)) {
      if (wait > 0) await this.clock.sleep(wait, this.signal);
      if (this.signal.aborted) return this.leave(commit);
      try {
        if (look && (await this.look([commit])).length === 0) return;
        look = false;
        await this.write(commit);
        return this.succeed(commit);
      } catch (error) {
        this.logWaiting(error, commit);
        if (error instanceof StoreRejected && !commit.unsure) return this.fail(commit, error);
        if (error instanceof Overloaded || look) continue;
        if (!(error instanceof StoreRejected)) commit.unsure = true;
        const open = await this.look([commit]).catch(() => undefined);
        if (open?.length === 0) return;
        look = !open;
        if (open && error instanceof StoreRejected) return this.fail(commit, error);
        if (!open || !blames(error)) continue;
        if (this.store.written > written) refused++;
        written = this.store.written;
        if (refused >= GIVE_UP_AFTER)
          return this.fail(commit, new StoreRejected('the store keeps refusing this', reason(error)));
      }
    }
  }

  private async write(commit: Commit): Promise<void> {
    if (commit.recorded === undefined) return this.store.transaction(commit.operations);
    if (commit.own === undefined) {
      commit.own = this.outbox.reserve(1, true);
      commit.numbers.push(commit.own);
    }
    await this.store.transaction([...commit.operations, this.outbox.record(commit.own, [commit.recorded])]);
  }

  /** Reads what became of commits. @returns those that are neither applied nor overtaken @throws when it cannot be read */
  private async look(commits: readonly Commit[]): Promise<Commit[]> {
    const guarded = commits.map(({ entry, change }) => [entry.key, ...(change?.answers ?? []).map(({ key }) => key)]);
    const stored = new Map((await readSurely(this.store, [...new Set(guarded.flat())])).map((one) => [one.key, one]));
    const stands = ({ entry }: Commit): boolean =>
      Boolean((stored.get(entry.key)?.value as Document | undefined)?.causes.includes(entry.cause));
    await Promise.all(
      commits.filter(stands).map(({ change }) => keepAnswers(this.store, change?.answers ?? [], stored)),
    );
    return commits.filter((commit) => {
      const { change, entry } = commit;
      if (!change) return true;
      const overtaken = [{ key: entry.key, etag: change.etag ?? CREATE }, ...(change.answers ?? [])].find(
        ({ key, etag }) => etag !== undefined && stored.get(key)?.etag !== (etag === CREATE ? undefined : etag),
      );
      if (stands(commit)) this.succeed(commit);
      else if (overtaken) this.fail(commit, new Conflict(`${overtaken.key} changed meanwhile`));
      else return true;
      return false;
    });
  }

  private succeed(commit: Commit): void {
    this.unsettled.delete(commit);
    this.ending.succeed(commit);
  }

  private fail(commit: Commit, error: Error): void {
    this.unsettled.delete(commit);
    this.ending.fail(commit, error);
  }

  /** At the end of this process: the next one finds the records. */
  private leave(commit: Commit): void {
    this.unsettled.delete(commit);
    commit.reject(new Unavailable('the service ends; the outcome is not known yet'));
  }

  private logWaiting(error: unknown, { entry }: Commit): void {
    const now = this.clock.monotonic();
    if (now - this.loggedAt < LOG_MS) return;
    this.loggedAt = now;
    log.warn('waiting for the store', { changes: this.unsettled.size, key: entry.key, reason: reason(error) });
  }
}

/**
 * Writes the answers of a change that stands where they do not stand themselves: on a store that is not atomic one is refused
 * when an answer of a try that came to nothing has come between. @throws where the store does not take them now
 */
async function keepAnswers(
  store: StateStore,
  answers: readonly StateWrite[],
  stored: ReadonlyMap<string, Stored>,
): Promise<void> {
  const missing = answers.filter(({ key, value }) => markOf(stored.get(key)?.value) !== markOf(value));
  if (missing.length > 0)
    await store.write(missing.map((answer) => ({ ...answer, etag: stored.get(answer.key)?.etag ?? CREATE })));
}

const markOf = (answer: unknown): unknown => (answer as { mark?: string } | null | undefined)?.mark;

const blames = (error: unknown): boolean =>
  error instanceof Unavailable && error.answered && !PASSING.test(error.inner);
