import { did, happenedOf } from '../telemetry/activity.ts';
import { traceIdOf } from '../telemetry/telemetry.ts';
import type { Envelope } from './envelope.ts';
import { verdictOf } from './failure.ts';
import type { Reaction } from './policy.ts';

const OUTCOMES = { done: 'refused', dead: 'dead', defer: 'waits', retry: 'again' } as const;

/** Notes what a policy or view made of an event. `reaction` is absent where it chose none or did its work itself. */
export function acted(
  { raw, type }: Envelope,
  { reaction, error }: { readonly reaction?: Reaction; readonly error?: unknown } = {},
): void {
  const verdict = error === undefined ? undefined : verdictOf(error);
  did({
    kind: 'acted',
    trace: traceIdOf(raw.traceparent),
    event: { ...happenedOf(raw), type },
    as: reaction?.mode === 'project' ? 'view' : 'policy',
    record: reaction?.kind.name,
    key: reaction && String(reaction.key).slice(0, 200),
    outcome: verdict ? OUTCOMES[verdict.kind] : 'done',
    why: verdict && ('reason' in verdict ? verdict.reason : (error as Error).message).slice(0, 300),
  });
}
