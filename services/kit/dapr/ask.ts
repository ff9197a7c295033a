/** What the sidecar answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * Asks the sidecar; a body that is a text is JSON already.
 * @throws Unavailable where there is no whole answer
 */
export type Ask = (
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** The same; where there is a signal, it ends the request when it is aborted. */
export type AskUntil = (signal: AbortSignal | undefined, ...asked: Parameters<Ask>) => Promise<Answer>;
