import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { controlPort } from '../paths.ts';
import type { Supervisor } from './supervisor.ts';

const Order = z.object({
  id: z.string(),
  action: z.enum(['start', 'stop', 'restart', 'kill']),
  part: z.enum(['app', 'sidecar', 'both']).default('both'),
});
const Changes = z.object({ system: z.string(), changes: z.record(z.string(), z.string().max(10_000)) });
const UpOrder = z.object({
  systems: z.array(z.string()),
  replicas: z.record(z.string(), z.int().min(1).max(20)).default({}),
  console: z.boolean().default(false),
  auth: z.boolean().default(false),
  grpc: z.boolean().default(false),
});

class RuleViolation extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * Only this machine's console and command line may use the API: a name that some web site resolves to 127.0.0.1 does
 * not pass as Host, and no page passes at all, since a browser tells its Origin.
 */
function guard(request: IncomingMessage): void {
  const { host = '', origin, 'content-type': type } = request.headers;
  if (![`localhost:${controlPort}`, `127.0.0.1:${controlPort}`].includes(host))
    throw new RuleViolation(403, 'Only for this machine.');
  if (request.method === 'GET') return;
  if (request.method !== 'POST') throw new RuleViolation(405, 'Only GET and POST.');
  if (origin !== undefined) throw new RuleViolation(403, 'Not for pages.');
  if (type?.split(';')[0] !== 'application/json') throw new RuleViolation(415, 'Send JSON.');
}

async function body<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > 100_000) throw new RuleViolation(413, 'Too long.');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new RuleViolation(400, 'Not JSON.');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new RuleViolation(400, z.prettifyError(parsed.error));
  return parsed.data;
}

/** The API behind the command line and the console. `down` is called for a stop; it ends the process. */
export function control(supervisor: Supervisor, down: () => void): Promise<Server> {
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    guard(request);
    const send = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    const url = new URL(request.url ?? '/', 'http://localhost');
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /api/status':
        send(200, supervisor.status());
        return;
      case 'POST /api/configuration': {
        const { system, changes } = await body(request, Changes);
        const { configuration } = await import('./configuration.ts');
        const values = await configuration(supervisor.status(), system, changes).catch((error: unknown) => {
          throw new RuleViolation(422, error instanceof Error ? error.message : String(error));
        });
        send(200, values);
        return;
      }
      case 'POST /api/up': {
        const wish = await body(request, UpOrder);
        // Takes long when something has to be downloaded: the status tells how it goes.
        supervisor.up(wish).catch(() => undefined);
        send(202, {});
        return;
      }
      case 'POST /api/act': {
        const { id, action, part } = await body(request, Order);
        await supervisor.act(id, action, part).catch((error: unknown) => {
          throw new RuleViolation(409, error instanceof Error ? error.message : String(error));
        });
        send(200, {});
        return;
      }
      case 'POST /api/down':
        send(202, {});
        down();
        return;
      default:
        throw new RuleViolation(404, 'There is no such page.');
    }
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const status = error instanceof RuleViolation ? error.status : 500;
      const message = error instanceof Error ? error.message : String(error);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: message }));
    });
  });
  return new Promise((resolve, reject) =>
    server.once('error', reject).listen(controlPort, '127.0.0.1', () => resolve(server)),
  );
}
