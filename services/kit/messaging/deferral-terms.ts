import type { Deferred } from './deferred-store.ts';
import { hashOf } from './envelope.ts';
import type { DeferralCause, Verdict } from './failure.ts';
import { backOff, FIRST_WAIT_MS } from './schedule.ts';

const DAY_MS = 86_400_000;

/** How long an event may wait for each cause, and how often it may be tried. */
export const BOUNDS: Readonly<
  Record<DeferralCause, { readonly ms: number; readonly attempts: number; readonly text: string }>
> = {
  record: { ms: 900_000, attempts: Number.POSITIVE_INFINITY, text: 'it waited 15 minutes' },
  callee: { ms: DAY_MS, attempts: Number.POSITIVE_INFINITY, text: 'it waited 24 hours' },
  fault: { ms: DAY_MS, attempts: 5, text: 'it failed 5 times' },
  size: { ms: DAY_MS, attempts: Number.POSITIVE_INFINITY, text: 'it was not finished within 24 hours' },
};

/** The verdict that an event is to be put off. */
export type DeferVerdict = Extract<Verdict, { kind: 'defer' }>;

/** Whoever tries a deferred event. */
export interface Owner {
  readonly consumer: string;
  readonly instance: string;
}

/** An event that failed for the first time. */
export function deferredAt(
  now: number,
  { consumer, instance }: Owner,
  event: Readonly<Record<string, unknown>>,
  { cause, callee, reason, done }: DeferVerdict,
): Omit<Deferred, 'id'> {
  const at = iso(now);
  return {
    ...{ key: hashOf(JSON.stringify(event)), consumer, reason, cause },
    ...(callee === undefined ? {} : { callee }),
    ...{ since: at, causeSince: at, next: iso(now + (cause === 'size' ? 0 : FIRST_WAIT_MS)) },
    ...{ attempts: 1, causeAttempts: 1, owner: instance, done, event },
  };
}

/** A deferred event that failed once more: it waits longer or, beyond its bound, is given up for a reason. */
export function deferredAgain(
  now: number,
  instance: string,
  before: Deferred,
  { cause, callee, reason, done }: DeferVerdict,
): Deferred | { readonly givenUp: string } {
  const isSame = before.cause === cause;
  const causeSince = isSame ? before.causeSince : iso(now);
  const causeAttempts = isSame ? before.causeAttempts + 1 : 1;
  const { ms, attempts, text } = BOUNDS[cause];
  // An event whose cause changes again and again does not wait for ever either.
  if (now - Date.parse(before.since) > DAY_MS) return { givenUp: `given up, ${BOUNDS.callee.text}: ${reason}` };
  if (now - Date.parse(causeSince) > ms || causeAttempts >= attempts)
    return { givenUp: `given up, ${text}: ${reason}` };
  // The rest of a large event goes on at once, as long as there is progress.
  const isMoving = cause === 'size' && done.length > before.done.length;
  const { callee: _, ...rest } = before;
  return {
    ...rest,
    ...{ cause, reason, done, causeSince, causeAttempts, owner: instance, attempts: before.attempts + 1 },
    ...(callee === undefined ? {} : { callee }),
    next: iso(now + (isMoving ? 0 : backOff(causeAttempts))),
  };
}

const iso = (time: number): string => new Date(time).toISOString();
