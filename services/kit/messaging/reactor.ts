import { RuleViolation } from '../domain/aggregate.ts';
import { InvariantBroken, NotYet, StoreRejected, Unavailable } from '../errors.ts';
import { type Loaded, naturalKey, type Records } from '../persistence/records.ts';
import { Conflict } from '../persistence/unit-of-work.ts';
import { log, withTrace } from '../telemetry/telemetry.ts';
import { DocumentDraft, type Late } from './document-draft.ts';
import { causeOf } from './envelope.ts';
import { verdictOf } from './failure.ts';
import { type Reaction, type Received, traceOf } from './policy.ts';

/** One reaction to one event. `index`: of the event in its batch; `place`: `policy.reaction`. */
export interface Task {
  readonly index: number;
  readonly place: string;
  readonly policy: number;
  readonly position: number;
  readonly cause: string;
  readonly received: Received;
  readonly reaction: Reaction;
  /** Key of the document it is about. */
  readonly key: string;
}

/** Told of each task exactly once: without error, it took effect (now or before). */
export type Report = (task: Task, error?: unknown) => void;

const TRIES = 20;
/** Reactions that one change of a document applies at most; it remembers 100 causes. */
const TOGETHER = 50;

/** Applies reactions to one record: in order, together in few changes, each by itself where it fails. */
export class Reactor {
  constructor(
    private readonly records: Records,
    /** Asks one policy of the event's type, or all of them. */
    private readonly reactionsTo: (received: Received, policy?: number) => Promise<readonly Reaction[]>,
  ) {}

  /** Applies the reactions to one record, which was read as `first`. */
  async apply(tasks: readonly Task[], first: Loaded, report: Report): Promise<void> {
    let loaded: Loaded | undefined = first;
    for (let from = 0; from < tasks.length; from += TOGETHER) {
      await this.applyTogether(tasks.slice(from, from + TOGETHER), loaded ?? first.key, report);
      loaded = undefined;
    }
  }

  private async applyTogether(tasks: readonly Task[], from: Loaded | string, report: Report): Promise<void> {
    let loaded = from;
    try {
      for (let tries = 0; tries < TRIES; tries++) {
        if (typeof loaded === 'string') loaded = (await this.records.load([loaded]))[0]!;
        const { key } = loaded;
        try {
          const failed = await this.applyOnce(tasks, loaded);
          for (const task of tasks) report(task, failed.get(task));
          return;
        } catch (error) {
          if (!(error instanceof Conflict)) throw error;
        }
        loaded = key;
      }
      throw new NotYet('the record is changed by too many at once');
    } catch (error) {
      const key = typeof loaded === 'string' ? loaded : loaded.key;
      // What the store refuses may be the fault of one of them.
      if (error instanceof StoreRejected && tasks.length > 1)
        for (const task of tasks) await this.applyTogether([task], key, report);
      else for (const task of tasks) report(task, error);
    }
  }

  /** @returns the tasks that failed, with their errors; the others stand in the store. @throws where nothing was committed */
  private async applyOnce(tasks: readonly Task[], loaded: Loaded): Promise<Map<Task, unknown>> {
    const failed = new Map<Task, unknown>();
    let draft = new DocumentDraft(loaded.document);
    for (const task of tasks) {
      const copy = draft.copy();
      try {
        await withTrace(traceOf(task.received), () => this.step(copy, task));
        draft = copy;
      } catch (error) {
        if (error instanceof Unavailable && verdictOf(error).kind === 'retry') throw error;
        failed.set(task, error);
      }
    }
    if (draft.causes.length > 0) {
      const published = draft.published.map(({ event, received }) => ({
        event,
        trace: traceOf(received),
      }));
      await this.records.commit(tasks[0]!.reaction.kind, loaded, draft, draft.causes, published);
    }
    // What is written tells whether the record is there after all, since it is made with CREATE. A creation that waits for
    // another service would only ask it twice.
    else if (loaded.isDoubtful && tasks.some(({ reaction }) => !reaction.before)) throw new Conflict(loaded.key);
    return failed;
  }

  private async step(draft: DocumentDraft, task: Task): Promise<void> {
    const { cause, received, reaction } = task;
    if (draft.knows(cause)) return;
    const { mode, kind, key } = reaction;
    const isThere = draft.id > 0;
    if (mode === 'project' || (isThere && draft.state && mode !== 'create')) {
      const id = draft.id || (await this.numberFor(reaction));
      const decision = reaction.decide(draft.state, id);
      if (decision) draft.add(decision, cause, received, id);
    } else if (!isThere && (mode === 'create' || mode === 'createOrChange')) await this.createIn(draft, task);
    else if (!isThere && mode === 'change') throw new NotYet(`${received.type} came before ${kind.name} ${key}`);
    else if (!isThere) draft.wait({ event: received, policy: task.policy, reaction: task.position }, cause);
  }

  private async createIn(draft: DocumentDraft, { cause, received, reaction }: Task): Promise<void> {
    await reaction.before?.();
    const id = await this.numberFor(reaction);
    const waiting = draft.waiting;
    const decision = reaction.decide(null, id);
    if (!decision) return;
    draft.add(decision, cause, received, id);
    for (const late of waiting) await this.applyLate(draft, late, reaction);
  }

  /** Applies a cancellation that came before its record. @throws what it throws: then the record is not made either */
  private async applyLate(draft: DocumentDraft, late: Late | Received, creation: Reaction): Promise<void> {
    // Those kept by earlier versions do not say which reaction they are: all of their type are asked.
    const known = 'event' in late;
    const event = known ? late.event : late;
    const reactions = await this.reactionsTo(event, known ? late.policy : undefined);
    const found = known ? reactions.slice(late.reaction, late.reaction + 1) : reactions;
    const own = naturalKey(creation.kind, creation.key);
    for (const one of found) {
      if (one.mode !== 'cancel' || naturalKey(one.kind, one.key) !== own || !draft.state) continue;
      try {
        const decision = one.decide(draft.state, draft.id);
        if (decision) draft.add(decision, `${causeOf(event.id)}+`, event, draft.id);
      } catch (error) {
        if (error instanceof RuleViolation)
          log.info('a policy was refused', { event: event.id, reason: error.message });
        else throw new InvariantBroken(`a cancellation that waits fails: ${(error as Error).message}`);
      }
    }
  }

  private async numberFor({ kind, key }: Reaction): Promise<number> {
    return this.records.numberFor(kind, key);
  }
}
