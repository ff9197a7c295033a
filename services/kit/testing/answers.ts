import type { SidecarAnswer } from '../dapr/transport.ts';

/** An answer with a JSON body. */
export const json = (status: number, body: unknown): SidecarAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify(body)),
});

/** 204. */
export const empty = (): SidecarAnswer => ({ status: 204, headers: {}, body: Buffer.alloc(0) });

/** An error as daprd writes it. */
export const failure = (status: number, errorCode: string, message: string): SidecarAnswer =>
  json(status, { errorCode, message });

/** What daprd's newer errors carry beside code and text. */
export interface Details {
  readonly reason: string;
  readonly metadata?: Readonly<Record<string, string>> | null;
  /** The component, and its kind: where one is named. */
  readonly resource?: { readonly name: string; readonly type: string; readonly description?: string };
  readonly violation?: { readonly field?: string; readonly description: string };
}

const TYPES = 'type.googleapis.com/google.rpc.';

/** An error of daprd's newer kind. */
export function detailed(status: number, errorCode: string, message: string, details: Details): SidecarAnswer {
  const { reason, metadata = null, resource, violation } = details;
  return json(status, {
    errorCode,
    message,
    details: [
      ...(violation ? [{ '@type': `${TYPES}BadRequest`, field_violations: [violation] }] : []),
      ...(resource
        ? [
            {
              '@type': `${TYPES}ResourceInfo`,
              description: resource.description ?? '',
              owner: '',
              resource_name: resource.name,
              resource_type: resource.type,
            },
          ]
        : []),
      { '@type': `${TYPES}ErrorInfo`, domain: 'dapr.io', metadata, reason },
    ],
  });
}

const notInvoked = (callee: string, reason: string): SidecarAnswer =>
  failure(500, 'ERR_DIRECT_INVOKE', `failed to invoke, id: ${callee}, err: ${reason}`);

const denial = (path: string): string =>
  `rpc error: code = PermissionDenied desc = access control policy has denied access to operation: ${path}`;

const channel = (callee: string, path: string, reason: string): SidecarAnswer =>
  notInvoked(
    callee,
    `rpc error: code = Internal desc = error invoking app channel: Post "http://127.0.0.1:8080/${path}": ${reason}`,
  );

/** What daprd says when something is wrong; for the hooks of a sidecar, and used by it itself. */
export const answers = {
  /** The callee's app does not listen. */
  calleeDown: (callee: string, path = ''): SidecarAnswer =>
    channel(callee, path, 'dial tcp 127.0.0.1:8080: connect: connection refused'),
  /** The callee's app ended in the middle of the call; it may have done it. */
  calleeDied: (callee: string, path = ''): SidecarAnswer => channel(callee, path, 'EOF'),
  /** No sidecar of that id is known. */
  calleeUnknown: (callee: string): SidecarAnswer => notInvoked(callee, 'no host found with the given ID'),
  /** The access control of the callee does not name the caller for this path. */
  callDenied: (callee: string, path: string): SidecarAnswer =>
    failure(403, 'ERR_DIRECT_INVOKE', `failed to invoke, id: ${callee}, err: ${denial(path)}`),
  /** The time limit of dapr/resiliency is over; the callee may have done it. */
  calleeTimeout: (callee: string): SidecarAnswer => notInvoked(callee, 'context deadline exceeded'),
  /** The breaker of dapr/resiliency is open: nobody was asked. */
  breakerOpen: (callee: string): SidecarAnswer => notInvoked(callee, 'circuit breaker is open'),
  /** The breaker lets one call through to see, and this was another. */
  breakerTesting: (callee: string): SidecarAnswer => notInvoked(callee, 'too many requests'),
  /** Any other reason for which a call came to nothing. */
  notInvoked,
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
