import { setTimeout as sleep } from 'node:timers/promises';
import { CREATE, type Publication, type Sidecar, type StateWrite } from '../dapr/sidecar.ts';
import { Unavailable } from '../errors.ts';
import { type Entry, Outbox } from '../outbox/outbox.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { type Document, REMEMBERED_CAUSES } from './document.ts';

export { type Document, knows, marked, REMEMBERED_CAUSES } from './document.ts';

/** One change of one document; `cause` is the last one of its document, with its mark. `etag` undefined: it must not exist yet. */
export interface Change {
  readonly key: string;
  readonly etag: string | undefined;
  readonly document: Document;
  readonly pointers: readonly StateWrite[];
  readonly cause: string;
  readonly publications: readonly Publication[];
}

/** The document changed since it was read: read it again and decide again. */
export class Conflict extends Error {}

/** A durable promise, see UnitOfWork.intend. */
export interface Intent {
  keep(): void;
  abandon(): Promise<void>;
}

interface Waiting {
  readonly entry: Entry;
  readonly change: Change | undefined;
  readonly urgent: boolean;
  /** Records of earlier tries: one of them may yet reach the store, so they are retired only with the outcome. */
  readonly held: number[];
  resolve(seq: number): void;
  reject(error: Error): void;
}

const GROUP = 32;
const IN_FLIGHT = 2;
const PATIENCE_MS = 15_000;

/**
 * Writes documents together with the events they cause, in one state transaction with the outbox record.
 *
 * Promises: a commit that resolves stands in the store and its events will be published; one that rejects with Conflict
 * changed nothing; one that rejects with Unavailable is unknown to the caller for now, is never half done, and will be
 * settled here in the background. Commits that wait for the store at the same time share a transaction (group commit);
 * if that fails, each is settled by itself, by reading the store, since a failed transaction says nothing about its outcome.
 */
export class UnitOfWork {
  readonly outbox: Outbox;
  private readonly queue: Waiting[] = [];
  private running = 0;

  constructor(
    private readonly sidecar: Sidecar,
    instance: string,
  ) {
    this.outbox = new Outbox(sidecar, instance, {
      applied: (entries) => this.applied(entries),
      abandon: (entry) => this.abandon(entry),
    });
  }

  /** Commits one change. @throws Conflict, Unavailable */
  async commit(change: Change): Promise<void> {
    await patient(this.enqueue(entryOf(change), change));
  }

  /**
   * Makes a durable promise before something is started that another service will do: unless the document of `change`
   * comes into being, `change` will be made, also if this process dies now.
   * @returns keep(): nothing of it is needed any more; abandon(): makes the change now, or later if the store is away
   */
  async intend(change: Change): Promise<Intent> {
    const entry: Entry = { ...entryOf(change), publications: [], otherwise: change };
    const written = this.enqueue(entry, undefined);
    const seq = await patient(written).catch((error) => {
      // Nobody starts anything on a promise that came too late.
      void written.then((late) => this.outbox.done(late)).catch(() => undefined);
      throw error;
    });
    const keep = (): void => this.outbox.done(seq);
    return { keep, abandon: () => patient(this.fulfil(change).then(keep)) };
  }

  /** Makes the change of an intent, however long that takes, unless its document came into being. */
  private async fulfil(change: Change): Promise<void> {
    for (;;) {
      try {
        await this.enqueue(entryOf(change), change, true);
        return;
      } catch (error) {
        if (error instanceof Conflict) return;
        log.warn('an intent waits', { key: change.key, reason: reason(error) });
        await sleep(500);
      }
    }
  }

  private enqueue(entry: Entry, change: Change | undefined, urgent = false): Promise<number> {
    const outcome = new Promise<number>((resolve, reject) => {
      this.queue.push({ entry, change, urgent, held: [], resolve, reject });
    });
    this.pump();
    return outcome;
  }

  private pump(): void {
    while (this.running < IN_FLIGHT && this.queue.length > 0) {
      const keys = new Set<string>();
      const group: Waiting[] = [];
      for (let i = 0; i < this.queue.length && group.length < GROUP; ) {
        const item = this.queue[i]!;
        if (item.change && keys.has(item.entry.key)) i++;
        else {
          if (item.change) keys.add(item.entry.key);
          group.push(...this.queue.splice(i, 1));
        }
      }
      this.running++;
      void this.write(group).finally(() => {
        this.running--;
        this.pump();
      });
    }
  }

  private async write(group: readonly Waiting[]): Promise<void> {
    const told = group.filter(({ entry }) => needsRecord(entry));
    let seq = -1;
    try {
      if (told.length > 0)
        seq = this.outbox.reserve(
          told.length,
          group.some(({ urgent, held }) => urgent || held.length > 0),
        );
    } catch (error) {
      for (const item of group) {
        for (const one of item.held) this.outbox.done(one);
        item.reject(error as Error);
      }
      return;
    }
    const writes: StateWrite[] = group.flatMap(({ change }) =>
      change ? [{ key: change.key, value: change.document, etag: change.etag ?? CREATE }, ...change.pointers] : [],
    );
    if (seq >= 0)
      writes.push(
        this.outbox.record(
          seq,
          told.map(({ entry }) => entry),
        ),
      );
    try {
      await this.sidecar.write(writes);
    } catch (error) {
      await this.settle(group, seq, error as Error);
      return;
    }
    for (const item of group) this.succeed(item, seq);
  }

  private succeed(item: Waiting, seq: number): void {
    const { publications } = item.entry;
    // The events may stand in the record of any try; published from each, they are recognised by their ids.
    if (publications.length > 0) for (const one of [...item.held, seq]) this.outbox.committed(one, publications);
    else for (const one of item.held) this.outbox.done(one);
    item.resolve(seq);
  }

  /** After a failed transaction only the store knows what happened: reads it, as long as that takes. */
  private async settle(group: readonly Waiting[], seq: number, cause: Error): Promise<void> {
    for (let wait = 50; ; wait = Math.min(wait * 2, 2_000)) {
      try {
        const stored = await this.sidecar.read(group.map(({ entry }) => entry.key));
        const again: Waiting[] = [];
        for (const [index, item] of group.entries()) {
          const document = stored[index]?.value as Document | undefined;
          if (item.change && document?.causes.includes(item.entry.cause)) {
            this.succeed(item, seq);
            continue;
          }
          if (needsRecord(item.entry)) item.held.push(seq);
          if (item.change && stored[index]?.etag !== item.change.etag) {
            for (const one of item.held) this.outbox.done(one);
            item.reject(new Conflict(`${item.entry.key} changed meanwhile`));
          } else again.push(item);
        }
        // Not applied and not overtaken: writing again either applies it or meets the late commit of the first try.
        if (again.length > 0 && group.length === 1) {
          log.warn('writing again', { key: again[0]!.entry.key, reason: reason(cause) });
          await sleep(wait);
        }
        await Promise.all(again.map((item) => this.write([item])));
        return;
      } catch (error) {
        log.warn('waiting for the store', { reason: reason(error) });
        await sleep(wait);
      }
    }
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

/** Whether there is anything to tell or to promise; what is not told needs no outbox record. */
const needsRecord = ({ publications, otherwise }: Entry): boolean => publications.length > 0 || otherwise !== undefined;

const entryOf = ({ key, cause, document, publications }: Change): Entry => ({
  key,
  cause,
  version: document.version,
  publications,
});

/** Stops waiting after a while; the work goes on. */
async function patient<T>(outcome: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Unavailable('the store does not answer; the outcome is not known yet')),
      PATIENCE_MS,
    );
  });
  outcome.catch(() => undefined);
  return Promise.race([outcome, tooLong]).finally(() => clearTimeout(timer));
}
