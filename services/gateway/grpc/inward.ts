import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request, type Server } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';

/** Who asks: the other end of the client's connection. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

export interface Inner {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string | undefined;
}

export interface InnerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Asks the gateway itself, within this process, as a client of HTTP on a connection of its own would: the same token check,
 * limits, routing and traces hold, whatever is added to them.
 * @param signal ends it; the gateway then sees that its client is gone
 * @throws when the gateway breaks off
 */
export function askInward(gateway: Server, peer: Peer, inner: Inner, signal?: AbortSignal): Promise<InnerAnswer> {
  const [ours, theirs] = duplexPair();
  gateway.emit('connection', asSocket(theirs, peer));
  ours.once('close', () => theirs.destroy());
  theirs.once('close', () => {
    if (!theirs.writableFinished) ours.destroy(new Error('the gateway broke off'));
  });
  return new Promise((resolve, reject) => {
    const { method, target: path, headers, body } = inner;
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const asked = request({
      method,
      path,
      headers: { ...headers, ...length, connection: 'close' },
      createConnection: () => ours,
      ...(signal ? { signal } : {}),
    });
    asked.once('error', reject);
    asked.once('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 500, headers: response.headers, body: Buffer.concat(pieces) });
      });
    });
    asked.end(body);
  });
}

/** What a server of HTTP asks of a socket beyond a stream; Node takes any stream as a connection. */
function asSocket(stream: Duplex, { address, port }: Peer): Duplex {
  const self = (): Duplex => stream;
  return Object.assign(stream, {
    remoteAddress: address,
    remotePort: port,
    bytesRead: 0,
    setTimeout: self,
    setNoDelay: self,
    setKeepAlive: self,
    destroySoon() {
      if (stream.writable) stream.end();
      if (stream.writableFinished) stream.destroy();
      else stream.once('finish', () => stream.destroy());
    },
  });
}
