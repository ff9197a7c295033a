import { z } from 'zod';
import type { Clock } from '../runtime/clock.ts';
import { type Trace, trace, withTrace } from '../telemetry/telemetry.ts';

/** Where the kit serves an operation for several at once: behind its own path. */
export const GROUP_PATH = 'group';
/** What is asked for together; each with the trace it belongs to. */
export const Group = z.object({
  asked: z.array(z.object({ traceparent: z.string(), causationId: z.string().optional(), message: z.unknown() })),
});
/** An answer for each, in their order; none where one is to be asked for by itself, which tells why. */
export const GroupAnswers = z.object({ answers: z.array(z.object({ answer: z.unknown() }).nullable()) });

/** Requests in one at most. */
const MOST = 32;
/** After a group that failed, each is asked for by itself for so long: then time limit and breaker see what they always saw. */
const ALONE_MS = 10_000;

/** Asks for one thing. @returns the answer, unread */
export type AskOne = (callee: string, path: string, message: unknown) => Promise<unknown>;

interface Asked {
  readonly message: unknown;
  readonly trace: Trace;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/**
 * Asks another service in one request for what is asked of one path at the same moment, as the reactions to a batch of events
 * do. One alone is asked for as ever. Nobody is blamed for others: whatever the group is not answered for (it failed, or the
 * callee is of a version that knows no groups) is asked for by itself.
 */
export class CallGroups {
  private readonly waiting = new Map<string, Asked[]>();
  private readonly aloneUntil = new Map<string, number>();

  constructor(
    private readonly one: AskOne,
    private readonly clock: Pick<Clock, 'monotonic'>,
  ) {}

  /** The answer, unread. @throws CalleeUnavailable of its own request */
  ask(callee: string, path: string, message: unknown): Promise<unknown> {
    const place = `${callee}/${path}`;
    if (this.clock.monotonic() < (this.aloneUntil.get(place) ?? 0)) return this.one(callee, path, message);
    return new Promise((resolve, reject) => {
      const asked = { message, trace: trace(), resolve, reject };
      const others = this.waiting.get(place);
      if (others && others.length < MOST) others.push(asked);
      else {
        const group = [asked];
        this.waiting.set(place, group);
        queueMicrotask(() => {
          if (this.waiting.get(place) === group) this.waiting.delete(place);
          void this.send(callee, path, group);
        });
      }
    });
  }

  private async send(callee: string, path: string, group: readonly Asked[]): Promise<void> {
    const answers = group.length > 1 ? await this.together(callee, path, group) : [];
    for (const [index, { message, trace, resolve, reject }] of group.entries()) {
      const found = answers[index];
      if (found) resolve(found.answer);
      else withTrace(trace, () => this.one(callee, path, message)).then(resolve, reject);
    }
  }

  private async together(
    callee: string,
    path: string,
    group: readonly Asked[],
  ): Promise<z.output<typeof GroupAnswers>['answers']> {
    const body = {
      asked: group.map(({ message, trace: { traceparent, causationId } }) => ({ traceparent, causationId, message })),
    } satisfies z.input<typeof Group>;
    const { data } = GroupAnswers.safeParse(
      await this.one(callee, `${path}/${GROUP_PATH}`, body).catch(() => undefined),
    );
    if (data?.answers.length === group.length) return data.answers;
    this.aloneUntil.set(`${callee}/${path}`, this.clock.monotonic() + ALONE_MS);
    return [];
  }
}
