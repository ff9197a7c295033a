import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ANSWERED_BY, Sidecar, type SidecarAnswer, type SidecarRequest, type Transport } from '../kit/index.ts';
import { gateway } from './app.ts';
import type { Options } from './options.ts';
import { SETTINGS, type Settings } from './settings.ts';

/** For tests of the entrance: a gateway of lecture on a port of this machine, and clients that send bytes as they like. */

export type Answering = (request: SidecarRequest) => Promise<SidecarAnswer> | SidecarAnswer;

/** A service's answer as it comes through the sidecar. */
export const said = (
  status: number,
  body: string | Buffer = '{}',
  headers: Record<string, string> = {},
): SidecarAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', [ANSWERED_BY]: 'lecture-course', ...headers },
  body: Buffer.from(body),
});

/** Never answers; ends when nobody waits any more. */
export const silence: Answering = ({ signal }) =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true }));

/** The sidecar's own word on an invocation that failed. */
export const failed = (message: string, status = 500): SidecarAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ errorCode: 'ERR_DIRECT_INVOKE', message })),
});

/** A configuration that says this, and for the rest what holds where nothing is said. */
export const configured = (said: Partial<Settings>): Options => ({
  following: { settings: { ...SETTINGS, ...said }, isConfigurationChange: () => false },
});

export interface Opened {
  readonly port: number;
  readonly address: string;
  /** What came to the sidecar, in order. */
  readonly asked: SidecarRequest[];
  /** How it answers from now on; readiness is answered 204. */
  answer: Answering;
}

const servers: Server[] = [];
const serverAt = new WeakMap<Opened, Server>();

/** The server behind what was opened, for who asks it within this process. */
export function serverOf(opened: Opened): Server {
  const server = serverAt.get(opened);
  if (!server) throw new Error('It was not opened here.');
  return server;
}

/** Opens a gateway whose sidecar answers as the test says. */
export async function open(
  options: Options = {},
  answer: Answering = () => said(200),
  appId = 'lecture-gateway',
): Promise<Opened> {
  const asked: SidecarRequest[] = [];
  const transport: Transport = {
    async request(request) {
      if (request.path === '/v1.0/healthz/outbound') return { status: 204, headers: {}, body: Buffer.alloc(0) };
      asked.push(request);
      return opened.answer(request);
    },
    close: async () => undefined,
  };
  const server = gateway(new Sidecar(transport, appId), {
    ...options,
    limits: { lookMs: 20, ...options.limits },
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const opened: Opened = { port, address: `http://127.0.0.1:${port}`, asked, answer };
  serverAt.set(opened, server);
  return opened;
}

/** Closes all that was opened. */
export async function closeAll(): Promise<void> {
  for (const raw of raws.splice(0)) raw.socket.destroy();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const raws: Raw[] = [];

/** A connection whose client sends what it likes. */
export class Raw {
  private text = '';
  isClosed = false;
  /** The server has said that it sends nothing more. */
  isEnded = false;

  private constructor(readonly socket: Socket) {
    raws.push(this);
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      this.text += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('end', () => {
      this.isEnded = true;
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  /** @param from the address of this machine that the client has */
  static async open({ port }: Opened, from = '127.0.0.1'): Promise<Raw> {
    const raw = new Raw(createConnection({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true }));
    if (raw.socket.connecting) await once(raw.socket, 'connect');
    return raw;
  }

  send(text: string | Buffer): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** The answers that have come whole so far. */
  get answers(): RawAnswer[] {
    return answersIn(this.text);
  }

  /** Waits for so many answers. */
  async answered(count = 1, withinMs = 5_000): Promise<RawAnswer[]> {
    await until(
      () => this.answers.length >= count,
      withinMs,
      () => `${this.answers.length} answers: ${this.text.slice(0, 500)}`,
    );
    return this.answers;
  }

  async closed(withinMs = 5_000): Promise<void> {
    await until(
      () => this.isClosed || this.isEnded,
      withinMs,
      () => 'the connection is open',
    );
  }
}

function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; ; ) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return answers;
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((header) => [
        header.slice(0, header.indexOf(':')).toLowerCase(),
        header.slice(header.indexOf(':') + 2),
      ]),
    );
    const status = Number(line.split(' ')[1]);
    const length = status === 204 || status === 304 || status === 100 ? 0 : Number(headers['content-length'] ?? 0);
    rest = rest.slice(end + 4);
    if (rest.length < length) return answers;
    answers.push({ status, headers, body: rest.slice(0, length) });
    rest = rest.slice(length);
  }
}

/** Waits until something is so; says what was instead. */
export async function until(is: () => boolean, withinMs: number, instead: () => string): Promise<void> {
  const end = Date.now() + withinMs;
  while (!is()) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${instead()}`);
    await sleep(10);
  }
}

/** A request as text. */
export const text = (method: string, target: string, headers: Record<string, string> = {}, body = ''): string => {
  const all = { host: 'shop.example', ...(body ? { 'content-length': String(body.length) } : {}), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
};

/** One request on a connection of its own. */
export async function ask(opened: Opened, request: string | Buffer, from?: string): Promise<RawAnswer> {
  const raw = (await Raw.open(opened, from)).send(request);
  const [answer] = await raw.answered();
  raw.socket.destroy();
  if (!answer) throw new Error('no answer');
  return answer;
}

/** A clear refusal, whoever gives it. */
export function expectProblem({ status, headers, body }: RawAnswer, wanted: number): void {
  expect({ status, body }).toMatchObject({ status: wanted });
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(headers['x-request-id']).toMatch(/./);
  expect(headers.vary).toBe('Origin');
  expect(JSON.parse(body)).toMatchObject({ status: wanted });
  expect(JSON.parse(body)).toMatchObject({ title: expect.stringMatching(/./), detail: expect.stringMatching(/./) });
  expect(body).not.toMatch(/\bat .+:\d+:\d+|v1\.0\/|127\.0\.0\.1/);
}
