import type { Decision, DomainEvent, Identified } from '../domain/aggregate.ts';
import { NotYet } from '../errors.ts';
import { type Document, knows } from '../persistence/unit-of-work.ts';
import type { Received } from './policy.ts';

/** A cancellation that came before its record: which reaction it is, and to what. */
export interface Late {
  readonly event: Received;
  readonly policy: number;
  readonly reaction: number;
}

/** Cancellations that wait in one place at most. */
const MOST_WAITING = 50;

/** What a batch makes of one document. A step works on a copy, so one that fails leaves nothing behind. */
export class DocumentDraft {
  readonly causes: string[] = [];
  readonly published: { event: DomainEvent; received: Received }[] = [];
  id: number;
  state: Identified | null;
  /** Entries of earlier versions of the kit are the bare event. */
  waiting: (Late | Received)[];

  constructor(private readonly before: Document | undefined) {
    this.id = before?.id ?? 0;
    this.state = (before?.state ?? null) as Identified | null;
    this.waiting = [...((before?.waiting ?? []) as (Late | Received)[])];
  }

  copy(): DocumentDraft {
    const copy = new DocumentDraft(this.before);
    copy.causes.push(...this.causes);
    copy.published.push(...this.published);
    copy.id = this.id;
    copy.state = this.state;
    copy.waiting = [...this.waiting];
    return copy;
  }

  /** Whether this reaction took effect already. */
  knows(cause: string): boolean {
    return this.causes.includes(cause) || knows(this.before, cause);
  }

  add({ state, events }: Decision<Identified>, cause: string, received: Received, id: number): void {
    this.id = id;
    this.state = state;
    this.waiting = [];
    this.causes.push(cause);
    for (const event of events) this.published.push({ event, received });
  }

  /** @throws NotYet when too many wait here already */
  wait(late: Late, cause: string): void {
    if (this.waiting.length >= MOST_WAITING) throw new NotYet(`too many cancellations wait for this record`);
    this.waiting.push(late);
    this.causes.push(cause);
  }
}
