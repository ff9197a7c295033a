import { type Dispatcher, Pool } from 'undici';

/** One request to the sidecar's HTTP API. */
export interface SidecarRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer | undefined;
  /** Ends the request when whoever waits for it is gone. */
  readonly signal?: AbortSignal | undefined;
  /** Asked before so many more bytes of the answer's body are kept; false: they are read and thrown away. Not every transport asks. */
  readonly admit?: ((bytes: number) => boolean) | undefined;
}

/** The whole answer; `headers` in lower case. */
export interface SidecarAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The answer broke off after its head. */
  readonly broken?: boolean;
}

/**
 * The way to the sidecar, and the one place where a test puts something else in its stead (kit/testing). It answers
 * whatever the sidecar says, and throws only where there is no answer.
 */
export interface Transport {
  request(request: SidecarRequest): Promise<SidecarAnswer>;
  close(): Promise<void>;
}

/** Longer than any store's own limit; a sidecar that falls silent must not hold a request for ever. */
const HEADERS_MS = 60_000;
const BODY_MS = 30_000;
/** Larger answers are cut off: a page of 200 records of the greatest size stays below. */
const LARGEST_ANSWER = 64 * 1024 * 1024;

/**
 * HTTP to the sidecar on this machine, over kept connections.
 * @param options.connections at most so many requests are under way at once; the others wait
 * @param options.token what a sidecar with an API token wants to see; Dapr puts it into this environment variable
 */
export function httpTransport(port: number, options: { connections?: number; token?: string } = {}): Transport {
  const { token = process.env.DAPR_API_TOKEN } = options;
  const pool = new Pool(`http://127.0.0.1:${port}`, {
    connections: options.connections ?? 64,
    pipelining: 1,
    headersTimeout: HEADERS_MS,
    bodyTimeout: BODY_MS,
    maxResponseSize: LARGEST_ANSWER,
  });
  return {
    async request({ method, path, headers, body, signal, admit }) {
      const answer = await pool.request({
        method: method as 'GET',
        path,
        headers: token ? { ...headers, 'dapr-api-token': token } : headers,
        body: body ?? null,
        ...(signal ? { signal } : {}),
      });
      const head = { status: answer.statusCode, headers: answer.headers };
      try {
        return { ...head, body: await (admit ? admitted(answer.body, admit) : whole(answer.body)) };
      } catch {
        return { ...head, body: Buffer.alloc(0), broken: true };
      }
    },
    close: () => pool.close(),
  };
}

type AnswerBody = Dispatcher.ResponseData['body'];

const whole = async (body: AnswerBody): Promise<Buffer> => Buffer.from(await body.arrayBuffer());

const admitted = (body: AnswerBody, admit: NonNullable<SidecarRequest['admit']>): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    body
      .on('data', (chunk: Buffer) => {
        if (admit(chunk.length)) chunks.push(chunk);
      })
      .once('end', () => resolve(Buffer.concat(chunks)))
      .once('error', reject)
      .once('close', () => reject(new Error('the answer broke off')));
  });
