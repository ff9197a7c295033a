import type { Caller } from './admission.ts';

/** More tokens are not kept; each may have the length of a request's head. */
const MOST = 1_000;

/**
 * Callers by their tokens: checking a signature takes most of the time that a token costs, and clients send one token many
 * times. Nobody is known longer than his token is valid, nor than the keys hold that it was checked with.
 */
export class Known {
  private readonly callers = new Map<string, { readonly caller: Caller; readonly ends: number }>();
  private keys: object | undefined;

  /** @param keys those that hold now @param seconds since the epoch */
  find(token: string, keys: object | undefined, seconds: number): Caller | undefined {
    if (keys !== this.keys) return undefined;
    const found = this.callers.get(token);
    return found && found.ends > seconds ? found.caller : undefined;
  }

  /**
   * Keeps who was let in; the oldest makes room.
   * @param keys those that held before his token was checked; without them he is not kept
   * @param ends of the token, in seconds since the epoch
   */
  keep(token: string, keys: object | undefined, caller: Caller, ends: number): void {
    if (!keys) return;
    if (keys !== this.keys) this.callers.clear();
    this.keys = keys;
    this.callers.delete(token);
    const [oldest] = this.callers.keys();
    if (this.callers.size >= MOST && oldest !== undefined) this.callers.delete(oldest);
    this.callers.set(token, { caller, ends });
  }
}
