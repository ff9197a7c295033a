import type { Clock } from '../runtime/clock.ts';

/** A rule of dapr/resiliency and dapr/access for calls of one app. */
export interface CalleeRule {
  /** The beginnings of the paths it may be asked for (dapr/access); any where nothing is said. */
  readonly paths?: readonly string[];
  /** Milliseconds until the caller stops waiting; the callee is not told. */
  readonly timeoutMs?: number;
  readonly breaker?: {
    /** Opens when it says so after a failure. */
    trip(counts: Counts): boolean;
    /** Milliseconds until one call is let through, to see. */
    readonly openMs: number;
  };
}

/** The calls on one path since its breaker was closed. */
export interface Counts {
  readonly requests: number;
  readonly totalFailures: number;
  readonly consecutiveFailures: number;
}

/** What a breaker says to a call. */
export type Verdict = 'pass' | 'open' | 'testing';

const NONE: Counts = { requests: 0, totalFailures: 0, consecutiveFailures: 0 };

/** The breakers of one sidecar: one for each app and path, as daprd has them. 4xx are failures too. */
export class Breakers {
  private readonly all = new Map<string, { counts: Counts; openUntil: number | undefined; testing: boolean }>();

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** Whether a call may go. */
  ask(path: string): Verdict {
    const breaker = this.all.get(path);
    if (breaker?.openUntil === undefined) return 'pass';
    if (breaker.openUntil > this.clock.now()) return 'open';
    if (breaker.testing) return 'testing';
    breaker.testing = true;
    return 'pass';
  }

  /** What became of a call that went. */
  notify(path: string, rule: NonNullable<CalleeRule['breaker']>, succeeded: boolean): void {
    const { counts, testing } = this.all.get(path) ?? { counts: NONE, testing: false };
    const next: Counts = {
      requests: counts.requests + 1,
      totalFailures: counts.totalFailures + (succeeded ? 0 : 1),
      consecutiveFailures: succeeded ? 0 : counts.consecutiveFailures + 1,
    };
    const opens = !succeeded && (testing || rule.trip(next));
    this.all.set(path, {
      counts: opens || testing ? NONE : next,
      openUntil: opens ? this.clock.now() + rule.openMs : undefined,
      testing: false,
    });
  }
}
