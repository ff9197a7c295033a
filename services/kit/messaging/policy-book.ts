import { z } from 'zod';
import { EventUnreadable } from '../errors.ts';
import { naturalKey } from '../persistence/records.ts';
import { log, reason, withTrace } from '../telemetry/telemetry.ts';
import { acted } from './acted.ts';
import { causeOf, type Envelope } from './envelope.ts';
import { verdictOf } from './failure.ts';
import { type Policy, type Reaction, type Received, traceOf } from './policy.ts';
import type { Task } from './reactor.ts';

/** An event to be handled; `done`: places that took effect before. */
export interface Work {
  readonly event: Envelope;
  readonly done?: readonly string[];
}

/** What the policies want of an event, and what came of it so far. */
export interface Progress {
  readonly tasks: Task[];
  readonly errors: unknown[];
  readonly done: Set<string>;
}

/** The policies of a service by the type of event they follow, and what they want done. */
export class PolicyBook {
  private readonly policies = new Map<string, Policy[]>();

  constructor(policies: readonly Policy[]) {
    for (const policy of policies)
      this.policies.set(policy.event.type, [...(this.policies.get(policy.event.type) ?? []), policy]);
  }

  /** Whether this service follows anything, or events of this type. */
  follows(type?: string): boolean {
    return type === undefined ? this.policies.size > 0 : this.policies.has(type);
  }

  /** Asks the policies: events of one subject in their order, those of others side by side. */
  async ask(batch: readonly Work[]): Promise<Progress[]> {
    const progress = batch.map((): Progress => ({ tasks: [], errors: [], done: new Set() }));
    const lanes = new Map<string, number[]>();
    for (const [index, { event }] of batch.entries()) {
      const lane = event.subject === '' ? String(index) : event.subject;
      lanes.set(lane, [...(lanes.get(lane) ?? []), index]);
    }
    await Promise.all(
      [...lanes.values()].map(async (lane) => {
        for (const index of lane) await this.askFor(batch[index]!, index, progress[index]!);
      }),
    );
    return progress;
  }

  private async askFor({ event, done = [] }: Work, index: number, progress: Progress): Promise<void> {
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
        if (reactions.length === 0) {
          progress.done.add(String(policy));
          acted(event);
        }
      } catch (error) {
        progress.errors.push(error);
        logFailure(event, error);
        acted(event, { error });
      }
    }
  }

  /** What one policy of the event's type wants, or all of them. */
  async reactionsTo(received: Received, policy?: number): Promise<readonly Reaction[]> {
    const all = this.policies.get(received.type) ?? [];
    const reactions: Reaction[] = [];
    for (const one of policy === undefined ? all : all.slice(policy, policy + 1))
      reactions.push(...[await withTrace(traceOf(received), () => one.react(received))].flat());
    return reactions;
  }
}

/** A refusal by a rule is news; what else fails is told where it is decided what becomes of the event. */
export function logFailure({ id }: Envelope, error: unknown): void {
  const event = id.slice(0, 200);
  if (verdictOf(error).kind === 'done') log.info('a policy was refused', { event, reason: reason(error) });
  else log.debug('a reaction failed', { event, reason: reason(error) });
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
