import { RuleViolation } from '../domain/aggregate.ts';
import { CalleeUnavailable, EventUnreadable, NotYet, PublishRejected, StoreRejected, Unavailable } from '../errors.ts';

/** Why an event was put off: what it waits for decides how long it may. */
export type DeferralCause = 'record' | 'callee' | 'fault' | 'size';

/** What becomes of an event, judged by the errors of its reactions. */
export type Verdict =
  | { readonly kind: 'done' }
  /** Our own store is away: nothing else can be handled either, so the broker keeps the event. */
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'dead'; readonly reason: string }
  | {
      readonly kind: 'defer';
      readonly cause: DeferralCause;
      readonly callee?: string;
      readonly reason: string;
      /** Places (`policy.reaction`, or `policy` for all of one) that took effect and are not tried again. */
      readonly done: readonly string[];
    };

/** The rest of an event of very many reactions, which goes on as a deferred one. */
export class Unfinished extends Error {
  override readonly name = 'Unfinished';
}

/** The verdict for one error. What another service or this one's own code did wrong is never blamed on the event. */
export function verdictOf(error: unknown): Verdict {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof RuleViolation) return { kind: 'done' };
  if (error instanceof EventUnreadable || error instanceof StoreRejected || error instanceof PublishRejected)
    return { kind: 'dead', reason };
  if (error instanceof CalleeUnavailable)
    return { kind: 'defer', cause: 'callee', callee: error.callee, reason, done: [] };
  if (error instanceof Unavailable) return { kind: 'retry', reason };
  if (error instanceof NotYet) return { kind: 'defer', cause: 'record', reason, done: [] };
  if (error instanceof Unfinished) return { kind: 'defer', cause: 'size', reason, done: [] };
  return { kind: 'defer', cause: 'fault', reason: `${(error as Error)?.name ?? 'Error'}: ${reason}`, done: [] };
}

const WEIGHT = { done: 0, dead: 1, defer: 2, retry: 3 } as const;

/** The verdict for an event: the store's absence before what may pass before what never will. */
export function verdictOfAll(errors: readonly unknown[], done: Iterable<string>): Verdict {
  let worst: Verdict = { kind: 'done' };
  for (const error of errors) {
    const verdict = verdictOf(error);
    if (WEIGHT[verdict.kind] > WEIGHT[worst.kind]) worst = verdict;
  }
  return worst.kind === 'defer' ? { ...worst, done: [...done] } : worst;
}
