import type { Sidecar } from '../dapr/sidecar.ts';
import { StoreRejected, Unavailable } from '../errors.ts';
import type { Entry } from '../outbox/outbox.ts';
import type { Clock } from '../runtime/clock.ts';
import { inTime } from '../runtime/in-time.ts';
import { count } from '../telemetry/metrics.ts';
import { log, reason } from '../telemetry/telemetry.ts';
import { type Change, type Commit, Conflict, entryOf } from './commit.ts';
import { PATIENCE_MS, silent } from './commit-queue.ts';
import { type Document, REMEMBERED_CAUSES } from './document.ts';

/** A durable promise, see UnitOfWork.intend. */
export interface Intent {
  /** Nothing of it is needed any more. */
  keep(): void;
  /** Makes the change now, or later if the store is away. @throws Unavailable where that takes more than 15 s */
  abandon(): Promise<void>;
}

/** What intents need of the unit of work. */
export interface IntentParts {
  /** Commits an entry with its change; urgent: it finishes what was begun. */
  enqueue(entry: Entry, change: Change | undefined, urgent?: boolean): Promise<Commit>;
  release(commit: Commit): void;
}

const AGAIN_MS = 500;

/** Promises to undo what another service is about to do, unless the document it is for comes into being. */
export class Intents {
  constructor(
    private readonly sidecar: Pick<Sidecar, 'read'>,
    private readonly clock: Clock,
    private readonly signal: AbortSignal,
    private readonly commits: IntentParts,
  ) {}

  /** See UnitOfWork.intend. */
  async make(change: Change): Promise<Intent> {
    const commit = await this.commits.enqueue({ ...entryOf(change), publications: [], otherwise: change }, undefined);
    const keep = (): void => this.commits.release(commit);
    const abandon = async (): Promise<void> => {
      if (!(await inTime(this.clock, PATIENCE_MS, this.fulfil(change).then(keep)))) throw silent();
    };
    return { keep, abandon };
  }

  /** Carries out the promise of a life that ended, unless its document came into being. */
  async takeUp(entry: Entry): Promise<void> {
    const promised = entry.otherwise as Change;
    if (!(await this.still(promised))) return;
    log.info('undoing what was begun and never finished', { key: entry.key });
    await this.fulfil(promised);
  }

  /** Makes the change, however long that takes, unless its document came into being. */
  private async fulfil(promised: Change): Promise<void> {
    const { key } = promised;
    while (!this.signal.aborted) {
      try {
        const change = await this.still(promised);
        if (change) await this.commits.enqueue(entryOf(change), change, true);
        return;
      } catch (error) {
        if (error instanceof Conflict) continue;
        if (error instanceof StoreRejected) {
          count('intents_lost', {});
          log.error('what was begun cannot be undone', { key, reason: reason(error) });
          return;
        }
        log.warn('an intent waits', { key, reason: reason(error) });
        await this.clock.sleep(AGAIN_MS, this.signal);
      }
    }
    throw new Unavailable('the service ends; the next one undoes what was begun');
  }

  /** The change as it is to be made now; undefined: its document came into being. Where events wait for that, it did not. */
  private async still(promised: Change): Promise<Change | undefined> {
    const [stored] = await this.sidecar.read([promised.key]);
    const there = stored?.value as Document | undefined;
    if (!there) return promised;
    if (there.id > 0) return undefined;
    const causes = [...there.causes, ...promised.document.causes].slice(-REMEMBERED_CAUSES);
    return { ...promised, etag: stored?.etag, document: { ...promised.document, version: there.version + 1, causes } };
  }
}
