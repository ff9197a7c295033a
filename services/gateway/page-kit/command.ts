import { signal } from '@preact/signals';
import { ask, type Problem, problemIn } from './http.ts';
import { followClosely } from './live.ts';

/** How far something that a person wants has come. */
export type Progress =
  | { readonly is: 'idle' | 'sending' | 'done' }
  /** The service is not there; it is asked again by itself. */
  | { readonly is: 'waiting'; readonly seconds: number }
  /** The person no longer wants to wait. */
  | { readonly is: 'stopped'; readonly mayBeDone: boolean }
  | { readonly is: 'refused'; readonly status: number; readonly problem: Problem };

/** Used where a service does not say when it wants to be asked again, in seconds. */
const PATIENCE = 3;

/**
 * Something a person wants done once. While the service is not there, it waits as long as the service says and asks
 * again under the same Idempotency-Key, so that it is done once however often it was asked for.
 */
export class Command {
  readonly progress = signal<Progress>({ is: 'idle' });
  private unfinished: { readonly what: string; readonly key: string } | undefined;
  private wake: (() => void) | undefined;
  private isStopped = false;

  /**
   * Sends it, and resolves when it is done, refused or given up; while one is on its way nothing further is sent.
   * @param body undefined: the request has none
   * @returns what the service answered; undefined when it is not done
   */
  async send(method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>> | undefined> {
    const { is } = this.progress.peek();
    if (is === 'sending' || is === 'waiting') return undefined;
    const what = JSON.stringify([method, path, body]);
    // What was given up may have been done all the same: wanted once more, it is the same command.
    const key = this.unfinished?.what === what ? this.unfinished.key : newKey();
    this.unfinished = { what, key };
    this.isStopped = false;
    for (let mayBeDone = false; ; ) {
      this.progress.value = { is: 'sending' };
      const answer = await ask(method, path, { body, key });
      const { status, retryAfter } = answer;
      if (status >= 200 && status < 300) return this.done(answer.body);
      const problem = problemIn(answer);
      const isAway = status === 0 || status === 429 || (status >= 502 && status <= 504) || retryAfter !== undefined;
      if (!isAway) return this.refused(status, problem);
      mayBeDone ||= status === 0 || problem.outcome === 'unknown';
      if (!this.isStopped) await this.wait(retryAfter ?? PATIENCE);
      if (this.isStopped) {
        this.progress.value = { is: 'stopped', mayBeDone };
        return undefined;
      }
    }
  }

  /** Asks again now, without waiting any longer. */
  again(): void {
    this.wake?.();
  }

  /** Gives up waiting. */
  stop(): void {
    this.isStopped = true;
    this.wake?.();
  }

  private done(body: unknown): Readonly<Record<string, unknown>> {
    this.unfinished = undefined;
    this.progress.value = { is: 'done' };
    followClosely();
    return body as Readonly<Record<string, unknown>>;
  }

  private refused(status: number, problem: Problem): undefined {
    this.unfinished = undefined;
    this.progress.value = { is: 'refused', status, problem };
  }

  private async wait(seconds: number): Promise<void> {
    let isAwake = false;
    for (let left = seconds; left > 0 && !isAwake; left--) {
      this.progress.value = { is: 'waiting', seconds: left };
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.wake = () => {
          isAwake = true;
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.wake = undefined;
  }
}

/** Also where the page does not come by https, and crypto.randomUUID is missing. */
const newKey = (): string =>
  `page-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
