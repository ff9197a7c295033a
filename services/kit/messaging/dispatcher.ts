import { StoreRejected } from '../errors.ts';
import type { Records } from '../persistence/records.ts';
import type { Clock } from '../runtime/clock.ts';
import { acted } from './acted.ts';
import { Unfinished, type Verdict, verdictOf, verdictOfAll } from './failure.ts';
import { logFailure, type PolicyBook, type Work } from './policy-book.ts';
import { Reactor, type Task } from './reactor.ts';

/** Records handled at the same time: as many as share a transaction, and not so many that a callee is flooded. */
const SIDE_BY_SIDE = 32;
/** Records that are read at once. */
const PIECE = 128;
/** An event of more reactions than this is handled behind the others, and within this time; the rest of it is deferred. */
const MANY = 64;
const PATIENCE_MS = 2_000;

/**
 * Applies policies and views to events, and says what becomes of each event.
 *
 * Promises: each reaction takes effect once; reactions to one record are applied in order, different records side by side;
 * a reaction that fails holds up no other one; one event is never handled twice at the same time in this process.
 */
export class Dispatcher {
  private readonly underWay = new Map<string, Promise<unknown>>();
  private readonly reactor: Reactor;

  constructor(
    private readonly records: Records,
    private readonly policies: PolicyBook,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.reactor = new Reactor(records, (late, policy) => policies.reactionsTo(late, policy));
  }

  /** Whether this service follows anything, or events of this type. */
  follows(type?: string): boolean {
    return this.policies.follows(type);
  }

  /** Handles events; the answer has a verdict for each, in their order. */
  async dispatch(batch: readonly Work[]): Promise<Verdict[]> {
    const verdicts = new Array<Verdict>(batch.length);
    const now: number[] = [];
    const later: number[] = [];
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    for (const [index, { event }] of batch.entries()) {
      if (this.underWay.has(event.id)) later.push(index);
      else {
        this.underWay.set(event.id, finished);
        now.push(index);
      }
    }
    try {
      const answers = await this.handle(now.map((index) => batch[index]!));
      for (const [place, index] of now.entries()) verdicts[index] = answers[place]!;
    } finally {
      for (const index of now) this.underWay.delete(batch[index]!.event.id);
      finish();
    }
    for (const index of later) {
      await this.underWay.get(batch[index]!.event.id);
      verdicts[index] = (await this.dispatch([batch[index]!]))[0]!;
    }
    return verdicts;
  }

  private async handle(batch: readonly Work[]): Promise<Verdict[]> {
    const progress = await this.policies.ask(batch);
    const byRecord = new Map<string, Task[]>();
    const large = new Set<string>();
    for (const { tasks } of progress)
      for (const task of tasks) {
        const { key } = task;
        const others = byRecord.get(key);
        if (others) others.push(task);
        else byRecord.set(key, [task]);
        if (tasks.length > MANY) large.add(key);
      }
    const report = ({ index, place, reaction }: Task, error?: unknown): void => {
      const { errors, done } = progress[index]!;
      if (error !== undefined) errors.push(error);
      if (error === undefined || verdictOf(error).kind === 'done') done.add(place);
      if (error !== undefined) logFailure(batch[index]!.event, error);
      acted(batch[index]!.event, { reaction, error });
    };
    const keys = [...byRecord.keys()];
    if (large.size > 0) keys.sort((a, b) => Number(large.has(a)) - Number(large.has(b)));
    const end = this.clock.now() + PATIENCE_MS;
    for (let from = 0; from < keys.length; from += PIECE) {
      const piece = keys.slice(from, from + PIECE);
      if (large.size > 0 && this.clock.now() > end && piece.every((key) => large.has(key))) {
        const unfinished = new Unfinished('the event has very many reactions; the rest of them follow');
        for (const key of keys.slice(from)) for (const task of byRecord.get(key)!) report(task, unfinished);
        break;
      }
      await this.applyPiece(piece, byRecord, report);
    }
    return progress.map(({ errors, done }, index) =>
      verdictOfAll(errors, new Set([...(batch[index]!.done ?? []), ...done])),
    );
  }

  private async applyPiece(
    keys: readonly string[],
    byRecord: ReadonlyMap<string, readonly Task[]>,
    report: (task: Task, error?: unknown) => void,
  ): Promise<void> {
    const loaded = await this.records.load(keys).catch(async (error: unknown) => {
      // A key that no store can have is the fault of its own event.
      if (error instanceof StoreRejected && keys.length > 1)
        for (const key of keys) await this.applyPiece([key], byRecord, report);
      else for (const key of keys) for (const task of byRecord.get(key)!) report(task, error);
      return undefined;
    });
    if (!loaded) return;
    let turn = 0;
    const worker = async (): Promise<void> => {
      for (let at = turn++; at < keys.length; at = turn++)
        await this.reactor.apply(byRecord.get(keys[at]!)!, loaded[at]!, report);
    };
    await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, keys.length) }, worker));
  }
}
