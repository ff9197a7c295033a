import { z } from 'zod';
import { EventUnreadable, StoreRejected } from '../errors.ts';
import { naturalKey, type Records } from '../persistence/records.ts';
import { continueTrace, log, reason, withTrace } from '../telemetry/telemetry.ts';
import { causeOf, type Envelope } from './envelope.ts';
import { Unfinished, type Verdict, verdictOf, verdictOfAll } from './failure.ts';
import type { Policy, Reaction, Received } from './policy.ts';
import { Reactor, type Task } from './reactor.ts';

/** Records handled at the same time: as many as share a transaction, and not so many that a callee is flooded. */
const SIDE_BY_SIDE = 32;
/** Records that are read at once. */
const PIECE = 128;
/** An event of more reactions than this is handled behind the others, and within this time; the rest of it is deferred. */
const MANY = 64;
const PATIENCE_MS = 2_000;

/** An event to be handled; `done`: places that took effect before. */
export interface Work {
  readonly event: Envelope;
  readonly done?: readonly string[];
}

interface Progress {
  readonly tasks: Task[];
  readonly errors: unknown[];
  readonly done: Set<string>;
}

/**
 * Applies policies and views to events, and says what becomes of each event.
 *
 * Promises: each reaction takes effect once; reactions to one record are applied in order, different records side by side;
 * a reaction that fails holds up no other one; one event is never handled twice at the same time in this process.
 */
export class Dispatcher {
  private readonly policies = new Map<string, Policy[]>();
  private readonly underWay = new Map<string, Promise<unknown>>();
  private readonly reactor: Reactor;

  constructor(
    private readonly records: Records,
    policies: readonly Policy[],
  ) {
    for (const policy of policies)
      this.policies.set(policy.event.type, [...(this.policies.get(policy.event.type) ?? []), policy]);
    this.reactor = new Reactor(records, (late, policy) => this.reactionsTo(late, policy));
  }

  /** Whether this service follows anything, or events of this type. */
  follows(type?: string): boolean {
    return type === undefined ? this.policies.size > 0 : this.policies.has(type);
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
    const progress = await this.progressOf(batch);
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
    const report = ({ index, place }: Task, error?: unknown): void => {
      const { errors, done } = progress[index]!;
      if (error !== undefined) errors.push(error);
      if (error === undefined || verdictOf(error).kind === 'done') done.add(place);
      if (error !== undefined) this.logFailure(batch[index]!.event, error);
    };
    const keys = [...byRecord.keys()];
    if (large.size > 0) keys.sort((a, b) => Number(large.has(a)) - Number(large.has(b)));
    const end = performance.now() + PATIENCE_MS;
    for (let from = 0; from < keys.length; from += PIECE) {
      const piece = keys.slice(from, from + PIECE);
      if (large.size > 0 && performance.now() > end && piece.every((key) => large.has(key))) {
        const unfinished = new Unfinished('the event has very many reactions; the rest of them follow');
        for (const key of keys.slice(from)) for (const task of byRecord.get(key)!) report(task, unfinished);
        break;
      }
      await this.applyPiece(piece, byRecord, report);
    }
    return progress.map(({ errors, done }, index) => verdictOfAll(errors, this.placesOf(batch[index]!, done)));
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

  /** Asks the policies: events of one subject in their order, those of others side by side. */
  private async progressOf(batch: readonly Work[]): Promise<Progress[]> {
    const progress = batch.map((): Progress => ({ tasks: [], errors: [], done: new Set() }));
    const lanes = new Map<string, number[]>();
    for (const [index, { event }] of batch.entries()) {
      const lane = event.subject === '' ? String(index) : event.subject;
      lanes.set(lane, [...(lanes.get(lane) ?? []), index]);
    }
    await Promise.all(
      [...lanes.values()].map(async (lane) => {
        for (const index of lane) await this.ask(batch[index]!, index, progress[index]!);
      }),
    );
    return progress;
  }

  private async ask({ event, done = [] }: Work, index: number, progress: Progress): Promise<void> {
    const before = new Set(done);
    const cause = causeOf(event.id);
    for (const [policy, { event: type }] of (this.policies.get(event.type) ?? []).entries()) {
      if (before.has(String(policy))) continue;
      try {
        const received: Received = { ...attributesOf(event), data: dataOf(type.schema, event.data) };
        const reactions = await this.reactionsTo(received, policy);
        for (const [n, reaction] of reactions.entries()) {
          const place = `${policy}.${n}`;
          if (before.has(place)) continue;
          const own = policy === 0 && n === 0 ? cause : `${cause}/${place}`;
          const key = naturalKey(reaction.kind, reaction.key);
          progress.tasks.push({ index, place, policy, position: n, cause: own, received, reaction, key });
        }
        if (reactions.length === 0) progress.done.add(String(policy));
      } catch (error) {
        progress.errors.push(error);
        this.logFailure(event, error);
      }
    }
  }

  private async reactionsTo(received: Received, policy?: number): Promise<readonly Reaction[]> {
    const all = this.policies.get(received.type) ?? [];
    const reactions: Reaction[] = [];
    for (const one of policy === undefined ? all : all.slice(policy, policy + 1))
      reactions.push(
        ...[await withTrace(continueTrace(received.traceparent), () => one.react(received as Received<never>))].flat(),
      );
    return reactions;
  }

  /** What took effect before and now. */
  private placesOf({ done = [] }: Work, now: ReadonlySet<string>): Set<string> {
    return new Set([...done, ...now]);
  }

  private logFailure({ id }: Envelope, error: unknown): void {
    const event = id.slice(0, 200);
    if (verdictOf(error).kind === 'done') log.info('a policy was refused', { event, reason: reason(error) });
    else log.debug('a reaction failed', { event, reason: reason(error) });
  }
}

const attributesOf = ({ id, type, subject, version, traceparent, time }: Envelope): Omit<Received, 'data'> => ({
  id,
  type,
  subject,
  version,
  traceparent,
  time,
});

/** The one place where an event is held against its schema. @throws EventUnreadable naming the field */
function dataOf(schema: z.ZodType, data: unknown): unknown {
  const read = schema.safeParse(data);
  if (!read.success) throw new EventUnreadable(z.prettifyError(read.error));
  return read.data;
}
