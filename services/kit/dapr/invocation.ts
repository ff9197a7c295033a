import type { z } from 'zod';
import { CalleeUnavailable } from '../errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { did } from '../telemetry/activity.ts';
import { count, declare } from '../telemetry/metrics.ts';
import { causationHeader, correlationId, log, trace } from '../telemetry/telemetry.ts';
import { answerOf } from './answer.ts';
import type { AskUntil, Answer as SidecarSaid } from './ask.ts';
import { CallGroups } from './call-groups.ts';

/** Says that an answer is the service's own: for an app killed in the middle of a call daprd 1.18.2 answers 200 and nothing. */
export const ANSWERED_BY = 'x-answered-by';

/** Milliseconds until a caller stops waiting for a callee. */
export type CallLimits = Readonly<Record<string, number>>;
/** The same for a callee of which nothing is said. */
const CALL_MS = 10_000;

/** Calls of other services through the sidecar. */
export class Invocation {
  private readonly callees = new Set<string>();

  private readonly groups: CallGroups;

  /** @param limits milliseconds until a caller stops waiting, by callee */
  constructor(
    private readonly ask: AskUntil,
    private readonly clock: Pick<Clock, 'monotonic' | 'after'>,
    private readonly limits: CallLimits,
  ) {
    this.groups = new CallGroups((...asked) => this.callRaw(...asked), clock);
  }

  /** See Sidecar.call. */
  async call<T>(callee: string, path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return answerOf(answer, callee, await this.callRaw(callee, path, body));
  }

  /** See Sidecar.callInGroup. */
  async callInGroup<T>(callee: string, path: string, body: unknown, answer: z.ZodType<T>): Promise<T> {
    return answerOf(answer, callee, await this.groups.ask(callee, path, body));
  }

  /** Sends a notice through the output binding of this type. @throws CalleeUnavailable */
  async notify(binding: string | undefined, data: object): Promise<void> {
    if (binding === undefined) return;
    const operation = binding === 'bindings.http' ? 'post' : 'create';
    const { status, body } = await this.ask(undefined, 'POST', '/v1.0/bindings/notice', { operation, data });
    if (status >= 300) throw new CalleeUnavailable('notice', 'down', true, `${status} ${body.slice(0, 300)}`);
  }

  private async callRaw(callee: string, path: string, body: unknown): Promise<unknown> {
    this.declareCalls(callee);
    const began = performance.now();
    const answer = await this.inTime(callee, (signal) =>
      this.ask(signal, 'POST', `/v1.0/invoke/${callee}/method/${path}`, body, causationHeader()),
    );
    const ms = performance.now() - began;
    const called = { kind: 'call', trace: correlationId(), cause: trace().causationId, callee, path, ms } as const;
    if (answer && answer.status < 300 && answer.headers[ANSWERED_BY]) {
      const body = parse(answer.body);
      // A time limit of the sidecar may fall between the answer's head and its body; daprd then sends the head alone.
      did({ ...called, outcome: body === undefined ? 'timeout' : 'done' });
      if (body === undefined) throw new CalleeUnavailable(callee, 'timeout', true);
      return body;
    }
    const error = answer ? calleeUnavailable(callee, answer.body) : new CalleeUnavailable(callee, 'timeout', true);
    count('calls_failed', { callee, why: error.why });
    did({ ...called, outcome: error.why });
    // An open breaker is no news: the sidecar said so when it opened.
    if (error.why !== 'open')
      log.warn('a call failed', { callee, path, reason: answer?.body.slice(0, 300) ?? error.why });
    throw error;
  }

  /** @returns the answer; undefined: it did not come in time, and nobody waits for it any more */
  private async inTime(
    callee: string,
    work: (signal: AbortSignal) => Promise<SidecarSaid>,
  ): Promise<SidecarSaid | undefined> {
    const late = new AbortController();
    const cameInTime = this.clock.after(this.limits[callee] ?? CALL_MS, () => late.abort());
    try {
      return await work(late.signal);
    } catch (error) {
      if (late.signal.aborted) return undefined;
      throw error;
    } finally {
      cameInTime();
    }
  }

  private declareCalls(callee: string): void {
    if (this.callees.has(callee)) return;
    this.callees.add(callee);
    const series = ['open', 'timeout', 'down', 'nonsense'].map((why) => ({ callee, why }));
    declare('calls_failed', 'Calls of other services that failed.', series);
  }
}

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

const OPEN = /circuit breaker is open|too many requests/;
const SLOW = /deadline ?exceeded|timeout/i;
/** Nobody was connected to; anything else may have been cut off in the middle of the work. */
const NOT_REACHED =
  /connection refused|error while dialing|error reading server preface|couldn't find service|no host found|not in a healthy state|forbidden character|access control policy has denied/i;

/** Reads Dapr's answer to a failed invocation; an answer of the callee itself counts as down, since callees answer 200 with an outcome. */
export function calleeUnavailable(callee: string, body: string): CalleeUnavailable {
  if (OPEN.test(body)) return new CalleeUnavailable(callee, 'open', false);
  return new CalleeUnavailable(callee, SLOW.test(body) ? 'timeout' : 'down', !NOT_REACHED.test(body));
}
