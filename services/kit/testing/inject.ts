import { IncomingMessage, type RequestListener, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** A request to an app without a socket of the machine. */
export interface Injected {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | string[] | undefined>> | undefined;
  readonly body?: string | Buffer | undefined;
  /** Aborted: the client has gone, as the app sees when a connection closes. */
  readonly signal?: AbortSignal | undefined;
}

/** What an app answered; `headers` in lower case. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** The app closed the connection before it had answered. */
export class CutOff extends Error {
  /** @param half what had been sent, where that was a head at least */
  constructor(readonly half: Answered | undefined) {
    super('the connection was closed before the answer');
  }
}

/** A connection that leads nowhere: it keeps what is written into it, and nothing comes out of it. */
class Wire extends Socket {
  readonly written: Buffer[] = [];

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: () => void): void {
    this.written.push(typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    done();
  }
  override _writev(chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], done: () => void): void {
    for (const { chunk, encoding } of chunks) this._write(chunk, encoding, () => undefined);
    done();
  }
  override _read(): void {}
}

/**
 * Hands a request to an Express app (or any other listener) and waits for the whole answer, as its bytes tell it.
 * No port, no timer.
 * @throws CutOff when the app closes the connection before it has answered, or the signal is aborted
 */
export function inject(app: RequestListener, injected: Injected): Promise<Answered> {
  const wire = new Wire();
  const request = requestOf(injected, wire);
  const response = new ServerResponse(request);
  response.sendDate = false;
  response.assignSocket(wire);
  const gone = (): void => void wire.destroy();
  return new Promise<Answered>((resolve, reject) => {
    let isWhole = false;
    response.once('finish', () => {
      isWhole = true;
      resolve(answerOf(Buffer.concat(wire.written), injected.method === 'HEAD'));
      // Not while the wire still writes: it would make an error for what is left, which nobody reads.
      process.nextTick(gone);
    });
    response.once('close', () => {
      if (isWhole) return;
      const bytes = Buffer.concat(wire.written);
      reject(new CutOff(bytes.includes('\r\n\r\n') ? answerOf(bytes, injected.method === 'HEAD') : undefined));
    });
    injected.signal?.addEventListener('abort', gone);
    if (injected.signal?.aborted) gone();
    else app(request, response);
  }).finally(() => injected.signal?.removeEventListener('abort', gone));
}

function requestOf({ method, path, headers, body }: Injected, wire: Socket): IncomingMessage {
  const request = new IncomingMessage(wire);
  request.method = method;
  request.url = path;
  request.httpVersion = '1.1';
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  const content = body === undefined ? undefined : Buffer.from(body);
  const sent = { host: 'app', ...headers, ...(content ? { 'content-length': String(content.length) } : {}) };
  for (const [name, value] of Object.entries(sent)) {
    if (value === undefined) continue;
    for (const one of [value].flat()) request.rawHeaders.push(name, one);
    request.headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  if (content?.length) request.push(content);
  request.push(null);
  request.complete = true;
  return request;
}

/** Reads an HTTP/1.1 response. */
function answerOf(bytes: Buffer, headOnly: boolean): Answered {
  const end = bytes.indexOf('\r\n\r\n');
  const [line = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers: Record<string, string | string[]> = {};
  for (const header of lines) {
    const colon = header.indexOf(':');
    const name = header.slice(0, colon).toLowerCase();
    const value = header.slice(colon + 1).trim();
    const before = headers[name];
    if (name === 'connection' || name === 'keep-alive') continue;
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  const rest = bytes.subarray(end + 4);
  const chunked = headers['transfer-encoding'] === 'chunked';
  return {
    status: Number(line.split(' ')[1]),
    headers,
    body: headOnly ? Buffer.alloc(0) : chunked ? dechunked(rest) : rest,
  };
}

function dechunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString('latin1'), 16);
    if (!size) break;
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(parts);
}
