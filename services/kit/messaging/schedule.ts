/** A deferred event as it waits in memory. `since` in milliseconds since 1970; what is due is so by the monotonic clock. */
export interface Entry {
  readonly id: number;
  /** Key of its document. */
  readonly at: string;
  readonly since: number;
  due: number;
  /** The callee it waits for. */
  callee: string | undefined;
  running: boolean;
}

/** What is known of a callee that is down. */
interface Outage {
  wait: number;
  due: number;
  /** Number of the one event that is tried meanwhile. */
  probe: number | undefined;
}

/** Milliseconds until the second attempt, and between attempts at most. */
export const FIRST_WAIT_MS = 200;
export const LONGEST_WAIT_MS = 30_000;

/** How long to wait after so many attempts. */
export const backOff = (attempts: number): number =>
  Math.min(FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 20), LONGEST_WAIT_MS);

/** Which deferred event is tried next: the one due first; while a callee is down, one at a time of those that wait for it. */
export class Schedule {
  private readonly entries = new Map<number, Entry>();
  private readonly outages = new Map<string, Outage>();

  get size(): number {
    return this.entries.size;
  }

  get(id: number): Entry | undefined {
    return this.entries.get(id);
  }

  /** When the first of those that wait was deferred. */
  get oldest(): number | undefined {
    let oldest: number | undefined;
    for (const { since } of this.entries.values()) if (oldest === undefined || since < oldest) oldest = since;
    return oldest;
  }

  add(entry: Omit<Entry, 'running'>, now: number): Entry {
    const known = this.entries.get(entry.id);
    if (known) return known;
    const added = { ...entry, running: false };
    this.entries.set(entry.id, added);
    if (entry.callee !== undefined && !this.outages.has(entry.callee))
      this.outages.set(entry.callee, { wait: FIRST_WAIT_MS, due: now + FIRST_WAIT_MS, probe: undefined });
    return added;
  }

  delete(id: number): void {
    this.entries.delete(id);
  }

  /** Takes the next one that is due out of the waiting ones, until `back` or `delete`. */
  take(now: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.entries.values()) {
      if (entry.running || (next && entry.due >= next.due)) continue;
      const outage = entry.callee === undefined ? undefined : this.outages.get(entry.callee);
      if (outage ? outage.probe !== undefined || outage.due > now : entry.due > now) continue;
      next = entry;
    }
    if (next) this.begin(next);
    return next;
  }

  /** Takes this one, due or not. */
  begin(entry: Entry): void {
    entry.running = true;
    const outage = entry.callee === undefined ? undefined : this.outages.get(entry.callee);
    if (outage) outage.probe ??= entry.id;
  }

  /** It was tried, and its callee answered. */
  reached({ callee }: Entry): void {
    if (callee !== undefined) this.outages.delete(callee);
  }

  /** It was tried and waits on. `callee`: whom it waits for now. */
  back(entry: Entry, due: number, callee: string | undefined, now: number): void {
    if (callee !== entry.callee) this.reached(entry);
    entry.running = false;
    entry.due = due;
    entry.callee = callee;
    if (callee === undefined) return;
    const outage = this.outages.get(callee);
    // Of several that were tried while it went down, only the probe tells that it still is.
    if (outage && outage.probe !== entry.id) return;
    const wait = outage ? Math.min(outage.wait * 2, LONGEST_WAIT_MS) : FIRST_WAIT_MS;
    this.outages.set(callee, { wait, due: now + wait, probe: undefined });
  }

  /** It was not tried after all. */
  release(entry: Entry, due: number): void {
    entry.running = false;
    entry.due = due;
    const outage = entry.callee === undefined ? undefined : this.outages.get(entry.callee);
    if (outage?.probe === entry.id) Object.assign(outage, { probe: undefined, due });
  }
}
