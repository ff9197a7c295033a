import { ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import { type Limits, Shares } from '../limits.ts';
import { shareOf } from '../share.ts';

/** Bytes of one message: what services take of a body. */
const MESSAGE_BYTES = 256 * 1024;

/** What clients of gRPC may take beside what the gateway itself allows them. */
export const BOUNDS = {
  connections: 1_000,
  connectionsPerAddress: 250,
  /** Calls of one connection at a time. */
  calls: 128,
  /** Calls whose message is not wholly there; each may hold a message in memory. */
  incomplete: 256,
  incompletePerAddress: 128,
  /** Calls that stay open: reflection, and watching health. */
  streams: 200,
  streamsPerAddress: 20,
  /** Milliseconds without a call after which a connection is closed. */
  idleMs: 75_000,
  /** Milliseconds between two questions whether a client is there, and for its answer. */
  aliveMs: 30_000,
  aliveAnswerMs: 10_000,
} as const;

/** Settings of the server that follow from them. */
export const CHANNEL = {
  'grpc.max_receive_message_length': MESSAGE_BYTES,
  'grpc.max_concurrent_streams': BOUNDS.calls,
  'grpc.max_connection_idle_ms': BOUNDS.idleMs,
  'grpc.keepalive_time_ms': BOUNDS.aliveMs,
  'grpc.keepalive_timeout_ms': BOUNDS.aliveAnswerMs,
  'grpc.enable_channelz': 0,
} as const;

export const sharesOfGrpc = () => ({
  connections: new Shares(BOUNDS.connections, BOUNDS.connectionsPerAddress),
  incomplete: new Shares(BOUNDS.incomplete, BOUNDS.incompletePerAddress),
  streams: new Shares(BOUNDS.streams, BOUNDS.streamsPerAddress),
});

/** Address and port in what gRPC calls a peer. */
export function peerIn(text: string): { readonly address: string; readonly port: number } {
  const colon = text.lastIndexOf(':');
  return { address: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

/**
 * Ends calls whose message does not come in time, and those beyond what an address may have in the air. A call that
 * answers with a stream, or takes one, counts for as long as it is open.
 */
export function patient({ bodyMs }: Pick<Limits, 'bodyMs'>): ServerInterceptor {
  const shares = sharesOfGrpc();
  return ({ requestStream, responseStream }, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        const address = shareOf(peerIn(call.getPeer()).address);
        const isOpen = requestStream || responseStream;
        const share = isOpen ? shares.streams : shares.incomplete;
        if (!share.take(address)) {
          const details = 'Too much is sent at once. Nothing was changed; please try again in a moment.';
          return call.sendStatus({ code: status.UNAVAILABLE, details });
        }
        let isOver = false;
        const late = setTimeout(() => {
          const details = 'The request did not come in time; send it again, faster. Nothing was changed.';
          call.sendStatus({ code: status.DEADLINE_EXCEEDED, details });
          over();
        }, bodyMs);
        const over = (): void => {
          clearTimeout(late);
          if (!isOver) share.give(address);
          isOver = true;
        };
        next({
          onReceiveHalfClose(proceed) {
            clearTimeout(late);
            if (!isOpen) over();
            proceed();
          },
          onCancel: over,
        });
      },
    });
}
