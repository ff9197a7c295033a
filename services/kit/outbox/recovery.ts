import type { Clock } from '../runtime/clock.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import type { Publisher } from './publisher.ts';
import type { Entry, OutboxRecord } from './ring.ts';

/** What the recovery of a ring needs from the unit of work. */
export interface Settlement {
  /** Says for each entry whether its change stands in the store. */
  applied(entries: readonly Entry[]): Promise<boolean[]>;
  /** Carries out what an intent promised for the case that its document never came into being. */
  abandon(entry: Entry): Promise<void>;
}

/** Entries whose documents are read at once. */
const CHUNK = 250;
/** Intents that are carried out at the same time. */
const HANDS = 8;
const AGAIN_MS = 500;

/** Takes up records of lives that ended. */
export class Recovery {
  private readonly intents: { entry: Entry; done: () => void }[] = [];
  private hands = 0;

  constructor(
    private readonly settlement: Settlement,
    private readonly publisher: Publisher,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
  ) {}

  /** Intents that are not carried out yet. */
  get backlog(): number {
    return this.intents.length + this.hands;
  }

  /** Which changes of these records stand in the store. @throws Unavailable */
  async examine(records: readonly OutboxRecord[]): Promise<Set<Entry>> {
    const changes = records.flatMap(({ entries }) => entries.filter(publishes));
    const stand = new Set<Entry>();
    for (let from = 0; from < changes.length; from += CHUNK) {
      const part = changes.slice(from, from + CHUNK);
      const applied = await this.settlement.applied(part);
      for (const [index, entry] of part.entries()) if (applied[index]) stand.add(entry);
    }
    return stand;
  }

  /**
   * Hands the events of changes that stand in the store to the publisher, in order, and has intents carried out.
   * @param finished that record needs no more care
   */
  takeUp(records: readonly OutboxRecord[], stand: ReadonlySet<Entry>, finished: (record: OutboxRecord) => void): void {
    for (const record of records) {
      let left = 1;
      const one = (): void => {
        if (--left === 0) finished(record);
      };
      for (const entry of record.entries) {
        if (entry.otherwise === undefined && !stand.has(entry)) continue;
        left++;
        if (entry.otherwise === undefined) this.publisher.add(entry.publications, one, this.since(entry));
        else {
          this.intents.push({ entry, done: one });
          if (this.hands < HANDS) void this.carryOut();
        }
      }
      one();
    }
  }

  /** Since it was committed: that it waits is not over because the one that committed it is. */
  private since({ publications: [first] }: Entry): number {
    const now = this.clock.now();
    return Math.min(now, Date.parse(String(first?.cloudEvent.time)) || now);
  }

  private async carryOut(): Promise<void> {
    this.hands++;
    for (let next = this.intents.shift(); next && !this.signal.aborted; ) {
      const { entry, done } = next;
      try {
        await this.settlement.abandon(entry);
        done();
        next = this.intents.shift();
      } catch (error) {
        log.warn('an intent waits', { key: entry.key, reason: reason(error) });
        await this.clock.sleep(AGAIN_MS, this.signal);
      }
    }
    this.hands--;
  }
}

const publishes = (entry: Entry): boolean => entry.otherwise === undefined && entry.publications.length > 0;
