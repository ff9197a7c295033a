import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { isGuarded, tokenFor } from '../../run/cli/token.ts';
import type { Status } from '../../run/supervisor/status.ts';
import { ask } from './ask.ts';

/** What somebody tries, at the entrance of a system. */
export const Attempt = z.strictObject({
  system: z.string(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  // Of this entrance and of no other host.
  path: z
    .string()
    .max(4_000)
    .regex(/^\/(?![/\\])[!-~]*$/),
  headers: z.partialRecord(z.enum(['idempotency-key', 'if-match', 'if-none-match']), z.string().max(200)).optional(),
  body: z.string().optional(),
});

/** What came of it. */
export interface Outcome {
  readonly status: number;
  readonly ms: number;
  /** Of the tree of what it caused. */
  readonly trace: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Characters of the body that are not shown. */
  readonly leftOut: number;
  /** As whom it was sent, or why it was not let in. */
  readonly note: string;
}

const WITHIN_MS = 30_000;
const SHOWN = 60_000;
const TOLD = ['content-type', 'location', 'etag', 'retry-after'];

/** One sentence instead of an answer. */
export class NotSent extends Error {}

/**
 * Sends a request through the entrance of its system, under a trace of its own; with a token where the provider for development gives some.
 * @throws NotSent where nothing answers
 */
export async function attempt(status: Status, request: z.infer<typeof Attempt>): Promise<Outcome> {
  const { system, method, path, headers, body } = request;
  const gateway = status.services.find((one) => one.system === system && one.service === 'gateway');
  if (!gateway) throw new NotSent(`${system} does not run: start it under Services.`);
  const trace = randomBytes(16).toString('hex');
  const guarded = isGuarded(status);
  const token = guarded
    ? await tokenFor(system).catch(() => {
        throw new NotSent('The OpenID provider for development gives no token: ./run logs identity says why.');
      })
    : undefined;
  const began = performance.now();
  const options = {
    ...{ host: 'localhost', port: gateway.port, path, method },
    headers: {
      ...headers,
      traceparent: `00-${trace}-${randomBytes(8).toString('hex')}-01`,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  };
  const answer = await ask(options, WITHIN_MS, body).catch(() => {
    throw new NotSent(`The entrance of ${system} does not answer.`);
  });
  const { text } = answer;
  return {
    status: answer.status,
    ms: performance.now() - began,
    trace,
    headers: Object.fromEntries(
      TOLD.flatMap((name) => (answer.headers[name] ? [[name, String(answer.headers[name])]] : [])),
    ),
    body: text.slice(0, SHOWN),
    leftOut: Math.max(0, text.length - SHOWN),
    note: noteOf(answer.status, guarded),
  };
}

function noteOf(status: number, guarded: boolean): string {
  if (guarded) return 'Sent as an operator, with a token of the provider for development.';
  return status === 401
    ? 'This entrance asks for tokens of an authorization server of yours, of which the console gets none: send the request with curl and a token.'
    : '';
}
