/** When a breaker opens: at a share of failed calls (4xx are failures, too), or at so many in a row. */
export type Failures = { readonly inRow: number } | { readonly percent: number; readonly ofAtLeast: number };

/** Refuses calls for a while when too many failed; then one is let through, to see. */
export interface BreakerTerms {
  readonly opensAt: Failures;
  /** Milliseconds after which a closed breaker counts anew; where nothing is said, it counts on until a call succeeds. */
  readonly windowMs?: number;
  /** Milliseconds until one call is let through. */
  readonly openMs: number;
}

/** How a sidecar repeats a call that failed. */
export interface RetryTerms {
  /** Milliseconds between two tries. */
  readonly pauseMs: number;
  /** Further tries at most. */
  readonly most: number;
  /** Off: it is written down for operators, who switch it on with one line. */
  readonly inForce: boolean;
}

/**
 * What limits the calls of one service to another one. The caller keeps the time limit itself
 * (docs/decisions/0023-time-limits.md), the gateway that of an entrance; the rest its sidecar carries out: `./run generate`
 * writes it into dapr/resiliency.
 */
export interface CallTerms {
  /** Why these figures: whole sentences for operators, which stand in the file. */
  readonly why: string;
  /** Milliseconds until the caller stops waiting; of each try, where there is a retry. */
  readonly timeoutMs: number;
  readonly breaker?: BreakerTerms;
  readonly retry?: RetryTerms;
}

/** What services ask one another for, where nothing else is said. */
export const INTERNAL: readonly string[] = ['/internal'];

/** What one service may ask of another one, and what limits it. */
export interface CalleeTerms extends CallTerms {
  /**
   * The beginnings of the paths it asks for; `INTERNAL` where nothing is said. `./run generate` writes them into
   * dapr/access: where sidecars have access control, they refuse all others with 403.
   */
  readonly paths?: readonly string[];
}

/** Opens when half of at least 20 calls within 10 s failed, for 5 s. */
export const HALF_FAILED: BreakerTerms = { opensAt: { percent: 50, ofAtLeast: 20 }, windowMs: 10_000, openMs: 5_000 };

/** Milliseconds until a caller stops waiting, for each of its callees; where there is a retry, for all tries together. */
export const limitsOf = (calls: Readonly<Record<string, CallTerms>> = {}): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(calls).map(([callee, { timeoutMs, retry: { most, pauseMs } = { most: 0, pauseMs: 0 } }]) => [
      callee,
      timeoutMs * (1 + most) + pauseMs * most,
    ]),
  );
