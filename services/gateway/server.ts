import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, problemBody } from '../kit/index.ts';
import { corsOf } from './cors.ts';
import type { Limits } from './limits.ts';

const HEAD_BYTES = 16 * 1024;
/** Longer than the 60 s after which load balancers close idle connections: closing first would break a request on its way. */
const KEEP_MS = 75_000;
/** What is still read, and thrown away, of a request that was answered early: without it the client may never see the answer. */
const LINGER_BYTES = 16 * 1024 * 1024;
const LINGER_MS = 5_000;

/** What becomes of connections and requests. */
export interface Handlers {
  connected(socket: Socket): void;
  /** `isWaiting`: the client sends its body when it is told to. */
  requested(request: IncomingMessage, response: ServerResponse, isWaiting: boolean): void;
  /**
   * What came on this connection cannot be read on. Resolves when all before it is answered, with true when the problem
   * was the answer of the request that broke off.
   */
  unreadable(socket: Socket, problem: Problem): Promise<boolean>;
  /** Whose pages may call: see `corsOf`. */
  origins(): string;
}

/**
 * A server of HTTP/1.1. Whatever it is sent, the answer is a problem with request id and CORS headers, also where Node itself
 * would answer; and an answer that comes before its request is wholly there reaches the client.
 */
export function entranceServer(handlers: Handlers, limits: Limits): Server {
  const server = createServer({
    maxHeaderSize: HEAD_BYTES,
    headersTimeout: limits.headMs,
    requestTimeout: 0, // bodies are timed where they are read
    keepAliveTimeout: KEEP_MS,
    connectionsCheckingInterval: Math.max(100, Math.min(1_000, limits.headMs / 4)),
    requireHostHeader: false, // asked for where the answer can be a problem
  });
  server.timeout = limits.unreadMs;
  server.maxHeadersCount = 0;
  server.maxConnections = Math.ceil(limits.connections * 1.25);
  server.on('connection', (socket) => {
    lingering(socket);
    handlers.connected(socket);
  });
  const take = (request: IncomingMessage, response: ServerResponse, isWaiting = false): void => {
    current.set(request.socket, request);
    response.once('finish', () => {
      if (!request.complete) linger(request);
    });
    handlers.requested(request, response, isWaiting);
  };
  server.on('request', (request, response) => take(request, response));
  server.on('checkContinue', (request, response) => take(request, response, true));
  server.on('checkExpectation', (request, response) => take(request, response));
  server.on('connect', (request, socket) =>
    refuse(socket as Socket, notHere(), corsOf(request.headers, handlers.origins()), Promise.resolve(false)),
  );
  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, duplex) => {
    const socket = duplex as Socket;
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else if (!refused.has(socket)) {
      refused.add(socket);
      const problem = problemOf(error);
      const cors = corsOf({ origin: originIn(error.rawPacket) }, handlers.origins());
      refuse(socket, problem, cors, handlers.unreadable(socket, problem));
    }
  });
  return server;
}

/** The newest request of a connection: only that one can be incomplete. */
const current = new WeakMap<Socket, IncomingMessage>();
const refused = new WeakSet<Socket>();

/** Reads on for a while, so that the client comes to read its answer; who sends on without end is cut off. */
function linger(request: IncomingMessage): void {
  const { socket } = request;
  const limit = socket.bytesRead + LINGER_BYTES;
  const cut = setTimeout(() => socket.destroy(), LINGER_MS);
  const watch = (): void => {
    if (socket.bytesRead > limit) socket.destroy();
  };
  const over = (): void => {
    clearTimeout(cut);
    request.off('data', watch);
    socket.off('close', over);
  };
  request.once('close', over);
  socket.once('close', over);
  request.on('data', watch).resume();
}

/** Closing after an early answer: our half now, the other when the client has sent its request, or after a while. */
function lingering(socket: Socket): void {
  const close = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    const request = current.get(socket);
    if (!request || request.complete) return close();
    socket.end();
    request.once('close', close);
  };
}

/** A problem for what never became a request, in its turn; then the connection is closed. */
function refuse(
  socket: Socket,
  problem: Problem,
  cors: Readonly<Record<string, string>>,
  isAnswered: Promise<boolean>,
): void {
  const requestId = randomUUID();
  const { status, title } = problem;
  const body = problemBody(problem, { requestId });
  const head = {
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
    ...cors,
    connection: 'close',
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  void isAnswered.then((is) => {
    if (socket.destroyed || is) return;
    socket.end(`HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${body}`);
    socket.resume(); // what still comes is thrown away
    const cut = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(cut));
  });
}

const originIn = (packet: Buffer | undefined): string | undefined =>
  packet && /\r\norigin:[ \t]*([^\r\n]*)/i.exec(packet.toString('latin1'))?.[1];

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Problem(
      431,
      'Request Header Fields Too Large',
      'The head of the request is larger than 16 kB; send less.',
    );
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem(408, 'Request Timeout', 'The request did not come in time; send it again, faster.');
  return new Problem(400, 'Bad Request', 'This is not a request of HTTP/1.1 as RFC 9112 has it.');
}

const notHere = (): Problem => new Problem(405, 'Method Not Allowed', 'CONNECT is not used here.');
