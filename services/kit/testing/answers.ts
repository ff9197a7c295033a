import type { SidecarAnswer } from '../dapr/transport.ts';

const JSON_HEADERS = { 'content-type': 'application/json' } as const;

/** An answer with a JSON body. */
export const json = (status: number, body: unknown, headers: Record<string, string> = {}): SidecarAnswer => ({
  status,
  headers: { ...JSON_HEADERS, ...headers },
  body: Buffer.from(JSON.stringify(body)),
});

export const empty = (): SidecarAnswer => ({ status: 204, headers: {}, body: Buffer.alloc(0) });

/** An error as daprd writes it. */
export const failure = (status: number, errorCode: string, message: string): SidecarAnswer =>
  json(status, { errorCode, message });

/** An error of daprd's newer kind, with its details. */
export const detailedFailure = (
  status: number,
  errorCode: string,
  message: string,
  details: readonly object[],
): SidecarAnswer => json(status, { errorCode, message, details });

const notInvoked = (callee: string, reason: string): SidecarAnswer =>
  failure(500, 'ERR_DIRECT_INVOKE', `failed to invoke, id: ${callee}, err: ${reason}`);

/** What daprd 1.18.2 says when something is wrong; for the hooks of a sidecar, and used by it itself. */
export const answers = {
  /** The callee's app does not listen. */
  calleeDown: (callee: string): SidecarAnswer =>
    notInvoked(
      callee,
      'error invoking app channel: Post "http://127.0.0.1:8080/": dial tcp 127.0.0.1:8080: connect: connection refused',
    ),
  /** No sidecar of that id is known. */
  calleeUnknown: (callee: string): SidecarAnswer =>
    notInvoked(callee, `failed to resolve address for '${callee}': couldn't find service: ${callee}`),
  /** The time limit of dapr/resiliency is over; the callee may have done it. */
  calleeTimeout: (callee: string): SidecarAnswer =>
    notInvoked(callee, 'rpc error: code = DeadlineExceeded desc = context deadline exceeded'),
  /** The breaker of dapr/resiliency is open: nobody was asked. */
  breakerOpen: (callee: string): SidecarAnswer => notInvoked(callee, 'circuit breaker is open'),
  /** The store refuses or is away: what a state transaction then says. */
  transactionFailed: (reason: string): SidecarAnswer =>
    failure(500, 'ERR_STATE_TRANSACTION', `error while executing state transaction: ${reason}`),
  /** What a bulk get says while the store is away. */
  readFailed: (reason: string): SidecarAnswer => failure(500, 'ERR_STATE_BULK_GET', reason),
  /** The callee's head without its body: the time limit fell between the two. */
  cutOff: (status = 200, headers: Record<string, string> = {}): SidecarAnswer => ({
    status,
    headers,
    body: Buffer.alloc(0),
    broken: true,
  }),
  json,
  failure,
} as const;
