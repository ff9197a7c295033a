import type { Publication, Sidecar } from '../dapr/sidecar.ts';
import type { Decision, DomainEvent, Identified, Kind } from '../domain/aggregate.ts';
import type { Context } from '../runtime/context.ts';
import { type Trace, trace } from '../telemetry/telemetry.ts';
import { type Document, marked, REMEMBERED_CAUSES } from './document.ts';
import type { Claimed, Idempotency } from './idempotency.ts';
import type { Ids } from './ids.ts';
import { fieldOf, listingOf, naturalKey, pointersOf } from './keys.ts';
import type { Rows } from './rows.ts';
import type { SecondaryIndex } from './secondary-index.ts';
import { type Change, Conflict, type Intent, type UnitOfWork } from './unit-of-work.ts';

/** A document with the etag under which it was read; no document: there is none under the key. */
export interface Loaded {
  readonly key: string;
  readonly etag: string | undefined;
  readonly document: Document | undefined;
  /** It may be there although it was not found: see readSurely. */
  readonly isDoubtful?: boolean;
}

/** An event to be published, with the trace it belongs to. */
export interface TracedEvent {
  readonly event: DomainEvent;
  readonly trace: Trace;
}

/** What a document becomes. `id` 0: its record does not exist yet, and events wait for it. */
export interface Next {
  readonly id: number;
  readonly state: Identified | null;
  readonly waiting?: readonly unknown[];
}

/** When, after a write of unknown outcome, it is looked whether somebody took the record for gone. */
const LOOK_AGAIN_MS = [0, 65_000, 300_000, 900_000];

/** The events of a decision, in the trace of whoever asked for it. */
export const traced = (decision: Decision<unknown>): TracedEvent[] =>
  decision.events.map((event) => ({ event, trace: trace() }));

/** Whether lists of its kind have it. */
const isListed = ({ isShown }: Kind, state: unknown): boolean =>
  Boolean(state) && (isShown as ((state: unknown) => boolean) | undefined)?.(state) !== false;

/** Writes one document with all that belongs to it: pointers, lists, events, the answer to its command. */
export class Commits {
  constructor(
    private readonly sidecar: Sidecar,
    private readonly work: UnitOfWork,
    private readonly ids: Ids,
    private readonly index: SecondaryIndex,
    private readonly rows: Rows,
    private readonly idempotency: Idempotency,
    private readonly context: Context,
  ) {}

  /**
   * Commits what was decided on a loaded document.
   * @param answering the command that gets the new state as its answer, if it has a key
   * @throws Conflict, Unavailable
   */
  async commit(
    kind: Kind,
    loaded: Loaded,
    next: Next,
    causes: readonly string[],
    events: readonly TracedEvent[],
    answering?: Claimed,
  ): Promise<void> {
    const { document: before } = loaded;
    const known = before?.id === next.id ? before.state : null;
    const enter = (): Promise<void> => this.enter(kind, loaded.key, next.state, known);
    await enter();
    const listing = listingOf(kind);
    const isFirstPlace = kind.numberedBy !== undefined && next.state !== null && before?.seq === undefined;
    const seq = isFirstPlace ? await this.ids.next(listing) : before?.seq;
    const change = this.changeOf(kind, loaded, { ...next, seq }, causes, events, answering);
    const place = kind.numberedBy ? seq : next.id;
    const isNew = place !== undefined && next.state !== null && (isFirstPlace || before?.id !== next.id);
    const [was, is] = [isListed(kind, known), isListed(kind, next.state)];
    const isBack = place !== undefined && Boolean(known) && !was && is;
    const check = (): Promise<void> => this.ids.gone.check(listing, place ?? 0);
    try {
      await this.work.commit(change);
    } catch (error) {
      if (error instanceof Conflict) {
        if (isFirstPlace && seq !== undefined) this.ids.putBack(listing, seq);
      } else {
        if (isNew || isBack) this.lookAgain(check);
        if (known && kind.listBy) this.lookAgain(enter);
      }
      throw error;
    }
    if (isNew && !this.ids.isFresh(listing, place)) void check().catch(() => this.lookAgain(check));
    // Whoever shows a record again finds it in the list at once.
    if (isBack) await check().catch(() => this.lookAgain(check));
    // Before it was written, a reader may have taken it for one that is in the list no more.
    if (known) await enter().catch(() => this.lookAgain(enter));
    if (place === undefined || is || !known) return;
    if (next.state === null) this.ids.gone.note(listing, [place]);
    else if (was) this.ids.gone.note(listing, [place], this.rows.listed(kind));
  }

  /** See UnitOfWork.intend. */
  intend(kind: Kind, key: string, id: number, otherwise: Decision<Identified>): Promise<Intent> {
    const loaded = { key, etag: undefined, document: undefined };
    const next = { id, state: otherwise.state, seq: undefined };
    return this.work.intend(this.changeOf(kind, loaded, next, [`abandon-${key}`], traced(otherwise)));
  }

  /** Enters a record into the lists of values that it did not have before. */
  private async enter(kind: Kind, key: string, state: Identified | null, known: unknown): Promise<void> {
    if (!state || !kind.listBy?.length) return;
    const isKey = (field: string): boolean =>
      field === kind.keyedBy && key === naturalKey(kind, String(fieldOf(state, field)));
    await this.index.add(kind, state, known, isKey);
  }

  /** Looks from time to time whether somebody has taken a record for gone before it was written. */
  private lookAgain(look: () => Promise<void>): void {
    for (const wait of LOOK_AGAIN_MS) this.context.clock.after(wait, () => void look().catch(() => undefined));
  }

  private changeOf(
    kind: Kind,
    { key, etag, document: before }: Loaded,
    { id, state, waiting, seq }: Next & { readonly seq: number | undefined },
    causes: readonly string[],
    tracedEvents: readonly TracedEvent[],
    answering?: Claimed,
  ): Change {
    const mark = this.context.id().slice(-12);
    const remembered = [...(before?.causes ?? []), ...causes.map((cause) => marked(cause, mark))];
    const document: Document = {
      id,
      state,
      version: (before?.version ?? 0) + 1,
      causes: remembered.slice(-REMEMBERED_CAUSES),
      ...(waiting?.length ? { waiting } : {}),
      ...(seq === undefined ? {} : { seq }),
    };
    const answers = answering ? this.idempotency.answers(answering, key, document, mark) : [];
    return {
      key,
      etag,
      document,
      pointers: pointersOf(kind, key, before, document),
      answers,
      cause: remembered.at(-1) ?? '',
      publications: tracedEvents.map(({ event, trace }, index) =>
        this.publication(key, document.version, index, event, trace),
      ),
    };
  }

  /** The CloudEvent of a domain event: its id is the same whoever publishes it, and whenever. */
  private publication(
    key: string,
    version: number,
    index: number,
    event: DomainEvent,
    { traceparent, causationId }: Trace,
  ): Publication {
    const now = new Date(this.context.clock.now());
    return {
      partitionKey: key.replace(/^\D+-/, ''),
      cloudEvent: {
        specversion: '1.0',
        id: `${this.sidecar.appId}/${key}/${version}.${index}`,
        source: this.sidecar.appId,
        type: event.type,
        subject: key,
        time: now.toISOString(),
        datacontenttype: 'application/json',
        traceparent,
        traceid: traceparent, // without it the sidecar overwrites traceparent
        ...(causationId === undefined ? {} : { causationid: causationId }),
        aggregateversion: version * 1_000 + index, // ascending for each event of the document
        data: { eventType: event.type, timestamp: localTimestamp(now), ...(event.data as object) },
      },
    };
  }
}

/** yyyyMMddHHmmss in local time, as the contracts' envelope has it. */
function localTimestamp(now: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${date}${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
