import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, problemBody } from './problem.ts';

/** What a client may take of a server: time, memory and connections are bounded, whatever is sent and however slowly. */
export interface ServerSettings {
  /** Milliseconds for the head of a request, from its first byte (or from the connection). */
  readonly headersMs: number;
  /** Milliseconds for a whole request, body included. */
  readonly requestMs: number;
  /** Milliseconds an idle connection is kept. Towards the sidecar longer than its own 90 s: closing first would break a request on its way. */
  readonly keepAliveMs: number;
  /** Milliseconds from the head of a request until its answer is handed over; then the connection is cut. */
  readonly exchangeMs: number;
  /** Bytes of a request's head; more is 431. */
  readonly maxHeaderSize: number;
  readonly maxConnections: number;
  /** Headers of every answer that Node itself would give (400, 408, 431), beside those of a problem. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Those of a service, whose one client is its sidecar. */
export const BEHIND_SIDECAR: ServerSettings = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 95_000,
  exchangeMs: 300_000,
  maxHeaderSize: 64 * 1024,
  maxConnections: 2_000,
  headers: {},
};

/** What is still read, and thrown away, of a request that was answered early: without it the client may never see the answer. */
const LINGER_BYTES = 16 * 1024 * 1024;
const LINGER_MS = 5_000;
const SWEEP_MS = 1_000;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly since: number;
}

/**
 * A server of HTTP with these settings. Beside the limits it promises: Node's own refusals are problem bodies; an answer
 * that comes before the request is wholly there reaches the client (the rest is read and thrown away, at most 16 MB or 5 s).
 */
export function httpServer(listener: RequestListener, settings: ServerSettings = BEHIND_SIDECAR): Server {
  const { headersMs, requestMs, maxHeaderSize } = settings;
  const server = createServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: settings.keepAliveMs,
      connectionsCheckingInterval: SWEEP_MS,
      maxHeaderSize,
    },
    listener,
  );
  server.maxConnections = settings.maxConnections;
  const exchanges = new Map<Socket, Set<Exchange>>();
  server.on('connection', (socket) => {
    exchanges.set(socket, new Set());
    socket.once('close', () => exchanges.delete(socket));
    lingerOnClose(socket, () => [...(exchanges.get(socket) ?? [])]);
  });
  server.prependListener('request', (request, response) => {
    const open = exchanges.get(request.socket);
    const exchange = { request, response, since: Date.now() };
    open?.add(exchange);
    response.once('finish', () => {
      if (!request.complete) linger(request);
    });
    response.once('close', () => open?.delete(exchange));
  });
  // An expectation nobody knows is no reason for Node's own empty 417.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuse(error, socket as Socket, [...(exchanges.get(socket as Socket) ?? [])], settings),
  );
  const sweep = setInterval(() => {
    const limit = Date.now() - settings.exchangeMs;
    for (const [socket, open] of exchanges) if ([...open].some(({ since }) => since < limit)) socket.destroy();
  }, SWEEP_MS).unref();
  server.once('close', () => clearInterval(sweep));
  return server;
}

/** Reads on for a while, so that the client comes to read its answer; who sends on without end is cut off. */
function linger(request: IncomingMessage): void {
  const { socket } = request;
  const limit = socket.bytesRead + LINGER_BYTES;
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  const watch = setInterval(() => {
    if (socket.bytesRead > limit) socket.destroy();
  }, 50);
  const over = (): void => {
    clearTimeout(cut);
    clearInterval(watch);
  };
  request.once('close', over);
  socket.once('close', over);
  request.resume();
}

/** A connection that closes after an early answer: our half now, the other when the client has sent its request, or after a while. */
function lingerOnClose(socket: Socket, exchanges: () => Exchange[]): void {
  const close = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    const unread = exchanges().find(({ request }) => !request.complete)?.request;
    if (!unread) return close();
    socket.end();
    unread.once('end', close);
    unread.once('error', close);
    linger(unread);
  };
}

const refused = new WeakSet<Socket>();

/** What Node cannot read as a request gets a problem, after the answers that are under way on its connection. */
function refuse(error: NodeJS.ErrnoException, socket: Socket, open: Exchange[], settings: ServerSettings): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (refused.has(socket)) return;
  refused.add(socket);
  const before = open.filter(({ request, response }) => request.complete && !response.writableFinished);
  const half = open.find(({ request }) => !request.complete);
  const answer = (): void => {
    if (socket.destroyed) return;
    if (!half?.response.headersSent) socket.write(refusalOf(error, settings));
    socket.end();
    setTimeout(() => socket.destroy(), 1_000).unref();
  };
  const late = setTimeout(() => socket.destroy(), LINGER_MS);
  const answered = before.map(({ response }) => new Promise((done) => response.once('finish', done)));
  socket.once('close', () => clearTimeout(late));
  void Promise.all(answered).then(() => {
    clearTimeout(late);
    answer();
  });
}

function refusalOf({ code }: NodeJS.ErrnoException, { maxHeaderSize, headers }: ServerSettings): string {
  const problem =
    code === 'HPE_HEADER_OVERFLOW'
      ? new Problem(
          431,
          'Request Header Fields Too Large',
          `The head of the request is larger than ${Math.floor(maxHeaderSize / 1024)} kB; send less.`,
        )
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? new Problem(408, 'Request Timeout', 'The request did not come in time; send it again, faster.')
        : new Problem(400, 'Bad Request', 'This is not a request of HTTP/1.1 as RFC 9112 has it.');
  const requestId = randomUUID();
  const body = problemBody(problem, { requestId });
  const head = {
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
    connection: 'close',
    ...headers,
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join('')}\r\n${body}`;
}
