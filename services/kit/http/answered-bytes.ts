import type { Express, Response } from 'express';

/**
 * How many bytes the body of an answer has. For an app that is killed in the middle of its answer daprd 1.18.2 passes on
 * what came as a whole answer, and it passes no content-length on.
 */
export const ANSWERED_BYTES = 'x-answered-bytes';

/** Every answer of the app whose length is known when its head is sent says so. 204, 304 and streams have none. */
export function saysItsBytes({ response }: Express): void {
  const writeHead = response.writeHead as (...head: unknown[]) => Response;
  response.writeHead = function (this: Response, ...head: unknown[]) {
    const length = this.getHeader('content-length');
    if (length !== undefined) this.setHeader(ANSWERED_BYTES, length);
    return writeHead.apply(this, head);
  };
}
