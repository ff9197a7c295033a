import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildConsole } from '../../tools/run/infrastructure/build.ts';
import { freePort, isListening, root } from '../../tools/run/paths.ts';
import { consoleSpec } from '../../tools/run/supervisor/services.ts';
import type { ProcessStatus, ServiceStatus, Status } from '../../tools/run/supervisor/status.ts';
import { eventually } from '../harness/system.ts';

/** The real console before a pretended lecture system, which does as much and is as ill as a test wants. */

const SERVICES = ['gateway', 'class', 'pay', 'course', 'point', 'gift', 'alert'] as const;
type Service = (typeof SERVICES)[number];
type Entry = Readonly<Record<string, unknown>>;

const processOf = (id: string, port: number): ProcessStatus => ({
  ...{ id, port, state: 'healthy', pid: 1, restarts: 0, memoryMiB: 60, lastExit: null },
});

export class Pretended {
  readonly status: Status;
  /** What came to the entrance. */
  readonly asked: {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
    readonly body: string;
  }[] = [];
  private readonly servers: Server[] = [];
  private readonly listeners = new Map<Service, ServerResponse[]>();
  private console: ChildProcess | undefined;
  private readonly home = mkdtempSync(join(tmpdir(), 'madang-console-'));
  private count = 0;
  port = 0;
  /** Services that are not ready. */
  readonly ill = new Set<Service>();

  constructor() {
    this.status = {
      tokens: false,
      ...{ pid: 1, home: this.home, profile: 'full', systems: ['lecture'], phase: 'up', reason: null, redis: null },
      services: [],
      infrastructure: [processOf('kafka', 1), processOf('mysql', 2), processOf('redis', 3)],
      console: null,
    };
  }

  get address(): string {
    return `http://localhost:${this.port}`;
  }
  /** Of the console. */
  get pid(): number {
    return this.console?.pid ?? 0;
  }

  /** @param where `cluster`: as the chart starts it, with a list of services and without a runner */
  async open(where: 'laptop' | 'cluster' = 'laptop'): Promise<void> {
    for (const service of SERVICES) this.status.services.push(serviceOf(service, await this.listen(service)));
    // The console takes its port, and those of the supervisor and of the OpenID provider, from one offset.
    do this.port = await freePort();
    while ((await isListening(this.port + 1)) || (await isListening(this.port + 2)));
    const listed = this.status.services.map(({ appId, port }) => `${appId}=127.0.0.1:${port}`).join();
    if (where === 'laptop')
      await this.serve(this.port + 1, (_, response) => void response.end(JSON.stringify(this.status)));
    const bundle = await buildConsole();
    const env = {
      ...process.env,
      ...(where === 'cluster' ? { CONSOLE_SERVICES: listed } : {}),
      ...{ MADANG_HOME: this.home, MADANG_PORT_OFFSET: String(this.port - 8000) },
    };
    const [program = '', ...args] = consoleSpec(bundle, undefined).command;
    this.console = spawn(program, args, { cwd: root, env, stdio: 'inherit' });
    await eventually(() => fetch(`${this.address}/healthz`));
  }

  async close(): Promise<void> {
    if (this.console) {
      this.console.kill('SIGKILL');
      await once(this.console, 'exit');
    }
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(this.home, { recursive: true, force: true });
  }

  /** An OpenID provider for development runs from now on, and gives this token to programs of lecture. */
  async guard(token: string): Promise<void> {
    this.status.infrastructure.push(processOf('identity', this.port + 2));
    const credentials = `Basic ${Buffer.from('lecture-program:madang').toString('base64')}`;
    await this.serve(this.port + 2, ({ headers }, response) => {
      response.statusCode = headers.authorization === credentials ? 200 : 401;
      response.end(JSON.stringify({ access_token: token }));
    });
  }

  /** Waits until the console listens to all services: what is said before, nobody hears. */
  async isHeard(): Promise<void> {
    await eventually(() => {
      if (this.listeners.size < SERVICES.length - 1) throw new Error('The console does not listen yet.');
    });
  }

  /** Has services say what they did. */
  say(said: readonly (readonly [service: Service, entry: Entry])[]): void {
    for (const service of SERVICES) {
      const entries = said.flatMap(([by, entry]) => (by === service ? [entry] : []));
      if (entries.length === 0) continue;
      const block = `id: boot.${++this.count}\ndata: ${JSON.stringify({ entries, leftOut: 0 })}\n\n`;
      for (const listener of this.listeners.get(service) ?? []) listener.write(block);
    }
  }

  private async serve(
    port: number,
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<number> {
    const server = createServer(answer);
    this.servers.push(server);
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }

  private listen(service: Service): Promise<number> {
    return this.serve(0, (request, response) => {
      if (request.url === '/readyz') response.writeHead(204).end();
      else if (service === 'gateway') void this.enter(request, response);
      else if (request.url === '/status')
        response.end(JSON.stringify({ ready: !this.ill.has(service), waitingFor: 'its store' }));
      else if (request.url !== '/activity') response.end('{}');
      else {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
        this.listeners.set(service, [...(this.listeners.get(service) ?? []), response]);
      }
    });
  }

  private async enter(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    this.asked.push({ method, url, headers, body });
    const isWrong = body.includes('abc');
    const problem = {
      title: 'Bad Request',
      status: 400,
      detail: 'The body is not what it has to be.',
      errors: [{ field: 'fee', message: 'must be a whole number' }],
    };
    response.writeHead(isWrong ? 400 : 201, {
      'content-type': isWrong ? 'application/problem+json' : 'application/json',
      etag: '"1"',
    });
    response.end(JSON.stringify(isWrong ? problem : { id: 7 }));
  }
}

function serviceOf(service: Service, port: number): ServiceStatus {
  const appId = `lecture-${service}`;
  return {
    ...{ appId, service, port, system: 'lecture', replica: 1, instance: `${appId}-1`, state: 'healthy' },
    ...{ progress: 'ready', healthy: true, pid: 1, sidecarPid: 2, daprHttpPort: 1, grpcPort: null, restarts: 0 },
    ...{ memoryMiB: 60, profile: 'full', app: processOf(appId, port), sidecar: processOf(`${appId}.daprd`, 1) },
  };
}

const happened = (id: string, type: string, cause: string, at: number) => ({
  ...{ id, type, cause, subject: 'Class-1', time: new Date(at).toISOString() },
});

/** All that an enrolment causes, as the services of lecture tell it. */
export function enrolment(trace: string, at = Date.now()): (readonly [Service, Entry])[] {
  const base = { at, trace };
  const command = (service: Service, path: string, cause?: string) =>
    [
      service,
      { ...base, kind: 'command', id: `${trace}-request`, cause, method: 'POST', path, status: 201, ms: 12 },
    ] as const;
  const published = (service: Service, type: string, cause: string) =>
    [
      service,
      {
        ...base,
        kind: 'published',
        event: happened(`${trace}-${type}`, type, cause, at),
        data: { fee: 10_000, student: 'john-doe' },
      },
    ] as const;
  const acted = (service: Service, type: string, cause: string, as = 'policy') =>
    [
      service,
      {
        ...base,
        kind: 'acted',
        event: happened(`${trace}-${type}`, type, cause, at),
        as,
        record: 'Record',
        key: '1',
        outcome: 'done',
      },
    ] as const;
  const [request, paid, points] = [`${trace}-request`, `${trace}-PaymentApproved`, `${trace}-PointRegistered`];
  return [
    command('class', '/classes'),
    command('pay', '/internal/payments', request),
    published('pay', 'PaymentApproved', request),
    published('class', 'ClassRegistered', request),
    ...(['course', 'point', 'alert'] as const).map((one) => acted(one, 'PaymentApproved', request)),
    acted('class', 'PaymentApproved', request, 'view'),
    acted('alert', 'ClassRegistered', request),
    published('course', 'TextbookDeliveried', paid),
    acted('class', 'TextbookDeliveried', paid, 'view'),
    acted('alert', 'TextbookDeliveried', paid),
    published('point', 'PointRegistered', paid),
    acted('class', 'PointRegistered', paid, 'view'),
    published('gift', 'GiftRegistered', points),
    acted('class', 'GiftRegistered', points, 'view'),
  ];
}

/** An enrolment that causes as many deliveries more: 1 + `count` events below one of its events. */
export function large(trace: string, count: number): (readonly [Service, Entry])[] {
  const at = Date.now();
  const more = Array.from({ length: count }, (_, n): (readonly [Service, Entry])[] => {
    const event = happened(`${trace}-more-${n}`, 'TextbookDeliveried', `${trace}-PaymentApproved`, at);
    const base = { at, trace, event };
    return [
      ['course', { ...base, kind: 'published', data: { n } }],
      ['class', { ...base, kind: 'acted', as: 'view', record: 'Page', key: String(n), outcome: 'done' }],
      ['alert', { ...base, kind: 'acted', as: 'policy', record: 'Notice', key: String(n), outcome: 'done' }],
    ];
  });
  return [...enrolment(trace, at), ...more.flat()];
}
