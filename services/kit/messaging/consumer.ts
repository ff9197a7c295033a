import { setTimeout as sleep } from 'node:timers/promises';
import type { Router } from 'express';
import express from 'express';
import { z } from 'zod';
import type { Sidecar } from '../dapr/sidecar.ts';
import {
  type Aggregate,
  aggregate,
  type Decision,
  type DomainEvent,
  decided,
  event,
  type Identified,
  RuleViolation,
} from '../domain/aggregate.ts';
import { NotYet } from '../errors.ts';
import { type Loaded, naturalKey, type Records } from '../persistence/records.ts';
import { Conflict, type Document, knows } from '../persistence/unit-of-work.ts';
import { count } from '../telemetry/metrics.ts';
import { continueTrace, log, reason, withTrace } from '../telemetry/telemetry.ts';
import type { Policy, Reaction, Received } from './policy.ts';

const Envelope = z.looseObject({
  id: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().default(''),
  aggregateversion: z.coerce.number().default(0),
  traceparent: z.string().optional(),
  time: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});

type Status = 'SUCCESS' | 'RETRY';

/** An event that could not be handled: kept with the reason, visible at /deadletters, told on the dead-letter topic, and to be replayed. */
export interface DeadLetter extends Identified {
  readonly consumer: string;
  readonly reason: string;
  readonly at: string;
  readonly event: Record<string, unknown>;
  readonly replayed: boolean;
}
export const DeadLetters = aggregate<DeadLetter>('DeadLetter');
const DeadLetterTold = event(
  'DeadLetter',
  z.object({ id: z.number(), consumer: z.string(), reason: z.string(), event: z.unknown() }),
);

/** How often an event may fail by an error of this service (not of its surroundings) before it becomes a dead letter. */
const ATTEMPTS = 5;

/**
 * Milliseconds from batch to batch while many come, and the size from which a batch is large enough. Longer saves more
 * transactions, but Dapr brings the partitions of a Kafka topic one after the other: with 25 ms, 20 enrolments a second
 * waited 200 ms for each other.
 */
const PACE_MS = 10;
const FULL_BATCH = 50;
/** Records of a batch handled at the same time: as many as share a transaction, and not so many that a callee is flooded. */
const SIDE_BY_SIDE = 32;

interface Task {
  readonly raw: unknown;
  readonly received: Received;
  readonly reaction: Reaction;
}

/**
 * Takes the system's events in batches and applies policies and views.
 *
 * Promises: an event is acknowledged only when its effect stands in the store; its effect stands there once, however
 * often it comes; events of one record are applied in their order, different records side by side and, where possible,
 * in one transaction; what can never be handled becomes a dead letter with its reason, and everything else comes again.
 */
export class Consumer {
  private readonly policies = new Map<string, Policy[]>();
  private readonly attempts = new Map<string, number>();
  private lastBatch = 0;

  constructor(
    private readonly sidecar: Sidecar,
    private readonly records: Records,
    policies: readonly Policy[],
  ) {
    for (const policy of policies)
      this.policies.set(policy.event.type, [...(this.policies.get(policy.event.type) ?? []), policy]);
  }

  /** /dapr/subscribe and /events. */
  router(): Router {
    const router = express.Router();
    router.get('/dapr/subscribe', (_, response) => {
      response.json(this.policies.size > 0 ? [this.sidecar.subscription(this.sidecar.system)] : []);
    });
    router.post('/events', express.json({ limit: '8mb', type: () => true }), async (request, response) => {
      const { entries } = request.body as { entries: { entryId: string; event: unknown }[] };
      const began = performance.now();
      const statuses = await this.take(entries.map((entry) => entry.event));
      // While events keep coming, the answer is what the next batch waits for: a little patience makes it a larger one.
      const busy = began - this.lastBatch < PACE_MS;
      if (busy && entries.length < FULL_BATCH) await sleep(Math.max(0, began + PACE_MS - performance.now()));
      this.lastBatch = performance.now();
      response.json({ statuses: entries.map(({ entryId }, index) => ({ entryId, status: statuses[index] })) });
    });
    return router;
  }

  /** Handles a batch; says for each event whether it is done (SUCCESS) or has to come again (RETRY). */
  async take(batch: readonly unknown[]): Promise<Status[]> {
    const statuses = await this.handle(batch);
    for (const [index, status] of statuses.entries()) {
      count('events_handled', { outcome: status });
      const told = Date.parse(String((batch[index] as { time?: unknown } | null)?.time));
      if (status === 'SUCCESS' && told) count('event_lag_seconds', {}, Math.max(0, Date.now() - told) / 1000);
    }
    return statuses;
  }

  private async handle(batch: readonly unknown[]): Promise<Status[]> {
    const failed = new Set<number>();
    const byRecord = new Map<string, (Task & { index: number })[]>();
    await Promise.all(
      batch.map(async (raw, index) => {
        const tasks = await this.tasksOf(raw).catch((error) =>
          this.trouble(raw, error).then((status) => {
            if (status === 'RETRY') failed.add(index);
            return [];
          }),
        );
        for (const task of tasks) {
          const key = naturalKey(task.reaction.kind, task.reaction.key);
          byRecord.set(key, [...(byRecord.get(key) ?? []), { ...task, index }]);
        }
      }),
    );
    if (byRecord.size === 0) return batch.map((_, index) => (failed.has(index) ? 'RETRY' : 'SUCCESS'));
    const keys = [...byRecord.keys()];
    const loaded = await this.records.load(keys).catch((error) => {
      log.warn('events wait for the store', { reason: reason(error) });
      return undefined;
    });
    let turn = 0;
    const worker = async (): Promise<void> => {
      for (let at = turn++; at < keys.length; at = turn++) {
        const tasks = byRecord.get(keys[at]!)!.sort((a, b) => a.index - b.index);
        const done = loaded ? await this.apply(tasks, loaded[at]!) : 0;
        for (const task of tasks.slice(done)) failed.add(task.index);
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
    return batch.map((_, index) => (failed.has(index) ? 'RETRY' : 'SUCCESS'));
  }

  private async tasksOf(raw: unknown): Promise<Task[]> {
    const type = this.typeOf(raw);
    if (type !== undefined && !this.policies.has(type)) return [];
    const { id, subject, aggregateversion: version, traceparent, time, data } = Envelope.parse(raw);
    const tasks: Task[] = [];
    for (const policy of this.policies.get(type ?? '') ?? []) {
      const received: Received = {
        id,
        type: policy.event.type,
        subject,
        version,
        traceparent,
        time,
        data: policy.event.schema.parse(data),
      };
      const reactions = await withTrace(continueTrace(traceparent), () => policy.react(received as Received<never>));
      for (const reaction of [reactions].flat()) tasks.push({ raw, received, reaction });
    }
    return tasks;
  }

  /** The event's name: of the CloudEvent or, for those of a stock Dapr client, of the contract's own envelope. */
  private typeOf(raw: unknown): string | undefined {
    const { type, data } = (raw ?? {}) as { type?: unknown; data?: { eventType?: unknown } };
    const own = data?.eventType;
    return [type, own].find((name) => typeof name === 'string' && (name === own || this.policies.has(name))) as
      | string
      | undefined;
  }

  /** Applies events to one record, in order; answers how many are done. */
  private async apply(tasks: readonly Task[], first: Loaded): Promise<number> {
    let loaded = first;
    for (let tries = 0; tries < 20; tries++) {
      try {
        return await this.applyOnce(tasks, loaded);
      } catch (error) {
        if (!(error instanceof Conflict)) {
          log.warn('events come again', { key: loaded.key, reason: reason(error) });
          return 0;
        }
        const again = await this.records.load([loaded.key]).catch(() => undefined);
        if (!again) return 0;
        loaded = again[0]!;
      }
    }
    return 0;
  }

  private async applyOnce(tasks: readonly Task[], loaded: Loaded): Promise<number> {
    const kind = tasks[0]!.reaction.kind as unknown as Aggregate<Identified>;
    const fold = new Fold(loaded.document);
    let done = 0;
    for (const task of tasks) {
      try {
        await withTrace(continueTrace(task.received.traceparent), () => this.step(fold, task));
        done++;
      } catch (error) {
        if ((await this.trouble(task.raw, error)) === 'RETRY') break;
        done++;
      }
    }
    if (fold.causes.length > 0) {
      const told = fold.told.map(({ event, received }) => ({ event, trace: continueTrace(received.traceparent) }));
      await this.records.commit(kind, loaded, fold, fold.causes, told);
    }
    return done;
  }

  private async step(fold: Fold, { received, reaction }: Task): Promise<void> {
    const { id: cause } = received;
    const { mode, kind, before } = reaction;
    if (fold.knows(cause)) return;
    const decide = (state: unknown, id: number) =>
      reaction.decide(state as never, id) as Decision<Identified> | undefined;
    if (mode === 'project') {
      const id = fold.id || (await this.numberFor(reaction));
      const decision = decide(fold.state, id);
      if (decision) fold.add(decision, cause, received, id);
      return;
    }
    if (mode === 'create') {
      if (fold.id) return;
      await before?.();
      const id = await this.numberFor(reaction);
      const waiting = fold.waiting;
      fold.add(decide(undefined, id)!, cause, received, id);
      for (const late of waiting) {
        for (const task of await this.tasksOf({ ...late, aggregateversion: late.version })) {
          if (
            task.reaction.mode !== 'cancel' ||
            naturalKey(task.reaction.kind, task.reaction.key) !== naturalKey(kind, reaction.key)
          )
            continue;
          const decision = task.reaction.decide(fold.state as never, id) as Decision<Identified> | undefined;
          if (decision) fold.add(decision, `${task.received.id}+`, task.received, id);
        }
      }
      return;
    }
    if (!fold.id) {
      if (mode === 'change') throw new NotYet(`${received.type} came before ${kind.name} ${reaction.key}`);
      fold.wait(received);
    } else if (fold.state) {
      const decision = decide(fold.state, fold.id);
      if (decision) fold.add(decision, cause, received, fold.id);
    }
  }

  private async numberFor({ kind, key }: Reaction): Promise<number> {
    return this.records.numberFor(kind, key);
  }

  /** Decides between trying again and giving up: only what fails by its own content, again and again, is given up. */
  private async trouble(raw: unknown, error: unknown): Promise<Status> {
    const id = String((raw as { id?: unknown } | null)?.id ?? '');
    const broken = error instanceof z.ZodError;
    if (error instanceof RuleViolation) {
      log.info('a policy was refused', { event: id, reason: error.message });
      return 'SUCCESS';
    }
    const ownFault = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
    const attempt = (this.attempts.get(id) ?? 0) + 1;
    if (!broken && !(ownFault && attempt >= ATTEMPTS)) {
      if (ownFault) this.attempts.set(id, attempt);
      log.warn('an event comes again', { event: id, reason: reason(error) });
      return 'RETRY';
    }
    this.attempts.delete(id);
    return this.bury(raw, broken ? z.prettifyError(error) : reason(error));
  }

  private async bury(raw: unknown, why: string): Promise<Status> {
    const { appId: consumer } = this.sidecar;
    count('dead_letters', {});
    log.error('an event became a dead letter', { event: (raw as { id?: unknown } | null)?.id, reason: why });
    const cause = `dead-${(raw as { id?: unknown } | null)?.id ?? Math.random()}`;
    const kept = (typeof raw === 'object' && raw ? raw : { data: raw }) as Record<string, unknown>;
    return this.records
      .create(DeadLetters, { cause, fingerprint: cause }, (id) =>
        decided(
          { id, consumer, reason: why, at: new Date().toISOString(), event: kept, replayed: false },
          DeadLetterTold({ id, consumer, reason: why, event: kept }),
        ),
      )
      .then(
        () => 'SUCCESS' as const,
        () => 'RETRY' as const,
      );
  }
}

/** What a batch makes of one document. */
class Fold {
  readonly causes: string[] = [];
  readonly told: { event: DomainEvent; received: Received }[] = [];
  id: number;
  state: Identified | null;
  waiting: Received[];

  constructor(readonly before: Document | undefined) {
    this.id = before?.id ?? 0;
    this.state = (before?.state ?? null) as Identified | null;
    this.waiting = [...((before?.waiting ?? []) as Received[])];
  }

  knows(cause: string): boolean {
    return this.causes.includes(cause) || knows(this.before, cause);
  }

  add({ state, events }: Decision<Identified>, cause: string, received: Received, id: number): void {
    this.id = id;
    this.state = state;
    this.waiting = [];
    this.causes.push(cause);
    for (const told of events) this.told.push({ event: told, received });
  }

  wait(received: Received): void {
    this.waiting.push(received);
    this.causes.push(received.id);
  }
}
