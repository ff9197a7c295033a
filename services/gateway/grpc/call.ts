import type { Server } from 'node:http';
import { type handleUnaryCall, Metadata, type ServerUnaryCall, type StatusObject, status } from '@grpc/grpc-js';
import type { Limits, Shares } from '../limits.ts';
import { shareOf } from '../share.ts';
import { peerIn } from './bounds.ts';
import { answeredBy, Unreadable, wantedBy } from './convert.ts';
import { askInward, type InnerAnswer } from './inward.ts';
import type { Operation } from './operations.ts';
import { statusOf } from './status.ts';

/** Metadata that mean what the headers of the same name mean over HTTP. */
const PASSED_ON = [
  'authorization',
  'idempotency-key',
  'if-match',
  'x-request-id',
  'traceparent',
  'tracestate',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-prefix',
  'x-forwarded-proto',
];

/** Headers that a client of gRPC has a use for; links and addresses are of HTTP. */
const PASSED_BACK = ['etag', 'x-request-id', 'deprecation', 'sunset'];

type Call = ServerUnaryCall<Readonly<Record<string, unknown>>, object>;

/** What all calls of a server share. */
export interface Surroundings {
  readonly gateway: Server;
  readonly limits: Limits;
  /** Bytes of answers that were not read by their clients yet. */
  readonly answers: Shares;
  /** Closes the connection of a client that does not read. */
  cut(peer: string): void;
  readonly log: { error(message: string, more: Readonly<Record<string, unknown>>): void };
}

/** Serves one method: asks the gateway for what it stands for, until the client is gone or its deadline is over. */
export const unary =
  (operation: Operation, around: Surroundings): handleUnaryCall<Readonly<Record<string, unknown>>, object> =>
  (call, answer) => {
    const gone = new AbortController();
    call.once('cancelled', () => gone.abort());
    ask(operation, around, call, gone.signal)
      .then((given) => {
        if (gone.signal.aborted) return;
        const refusal = given.status >= 300 ? statusOf(given, operation.method) : hold(given, around, call);
        if (refusal) return answer(refusal);
        call.sendMetadata(metadataOf(given));
        answer(null, answeredBy(operation, given.body.length > 0 ? JSON.parse(given.body.toString()) : {}));
      })
      .catch((error: unknown) => {
        if (gone.signal.aborted) return;
        answer(failure(error, operation, around));
      });
  };

async function ask(
  operation: Operation,
  { gateway }: Surroundings,
  call: Call,
  signal: AbortSignal,
): Promise<InnerAnswer> {
  const { method, target, body } = wantedBy(operation, call.request);
  const headers: Record<string, string | string[]> = { host: call.getHost() };
  for (const name of PASSED_ON) {
    const values = call.metadata.get(name).map(String);
    // Two where one is meant stay two: the gateway refuses that.
    if (values.length > 0) headers[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  if (body !== undefined) headers['content-type'] = 'application/json';
  return askInward(gateway, peerIn(call.getPeer()), { method, target, headers, body }, signal);
}

/** Takes room for the answer until it is handed over; who reads too slowly is cut off, as over HTTP. */
function hold({ body }: InnerAnswer, around: Surroundings, call: Call): Partial<StatusObject> | undefined {
  const { answers, limits } = around;
  const peer = call.getPeer();
  const address = shareOf(peerIn(peer).address);
  if (!answers.take(address, body.length))
    return { code: status.UNAVAILABLE, details: 'Too many answers wait to be read. Please read them first.' };
  const late = setTimeout(() => around.cut(peer), limits.readingMs + body.length / limits.readingRate);
  call.once('cancelled', () => {
    clearTimeout(late);
    answers.give(address, body.length);
  });
  return undefined;
}

function metadataOf({ headers }: InnerAnswer): Metadata {
  const metadata = new Metadata();
  for (const name of PASSED_BACK) {
    const value = headers[name];
    if (typeof value === 'string') metadata.set(name, value);
  }
  return metadata;
}

function failure(error: unknown, { method }: Operation, { log }: Surroundings): Partial<StatusObject> {
  if (error instanceof Unreadable) return { code: status.INVALID_ARGUMENT, details: error.message };
  log.error('a call of gRPC failed', { reason: error instanceof Error ? error.message : String(error) });
  const isKnown = method === 'GET';
  const details = `The entrance broke off${isKnown ? '' : '; whether it was done is not known'}. Please try again in a moment.`;
  return { code: status.UNAVAILABLE, details };
}
