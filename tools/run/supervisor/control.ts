import { createServer, type IncomingMessage, type Server } from 'node:http';
import { z } from 'zod';
import { bodyOf, Refusal } from '../body.ts';
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

/**
 * Only this machine's console and command line may use the API: a name that some web site resolves to 127.0.0.1 does
 * not pass as Host, and no page passes at all, since a browser tells its Origin.
 */
function guard(request: IncomingMessage): void {
  const { host = '', origin, 'content-type': type } = request.headers;
  if (![`localhost:${controlPort}`, `127.0.0.1:${controlPort}`].includes(host))
    throw new Refusal(403, 'Only for this machine.');
  if (request.method === 'GET') return;
  if (request.method !== 'POST') throw new Refusal(405, 'Only GET and POST.');
  if (origin !== undefined) throw new Refusal(403, 'Not for pages.');
  if (type?.split(';')[0] !== 'application/json') throw new Refusal(415, 'Send JSON.');
}

type Route = (request: IncomingMessage) => Promise<unknown>;

/** What the supervisor refuses is told as it says it. */
const refusedWith = (status: number) => (error: unknown) => {
  throw new Refusal(status, error instanceof Error ? error.message : String(error));
};

/** Each answers JSON; what is only begun by its answer is 202. */
function routes(supervisor: Supervisor, down: () => void): Record<string, { status: number; answer: Route }> {
  return {
    'GET /api/status': { status: 200, answer: async () => supervisor.status() },
    'POST /api/configuration': {
      status: 200,
      answer: async (request) => {
        const { system, changes } = await bodyOf(request, Changes);
        const { configuration } = await import('./configuration.ts');
        return configuration(supervisor.status(), system, changes).catch(refusedWith(422));
      },
    },
    'POST /api/up': {
      status: 202,
      answer: async (request) => {
        const wanted = await bodyOf(request, UpOrder);
        // Takes long when something has to be downloaded: the status tells how it goes.
        supervisor.up(wanted).catch(() => undefined);
        return {};
      },
    },
    'POST /api/act': {
      status: 200,
      answer: async (request) => {
        const { id, action, part } = await bodyOf(request, Order);
        await supervisor.act(id, action, part).catch(refusedWith(409));
        return {};
      },
    },
    'POST /api/down': {
      status: 202,
      answer: async () => {
        // After the answer: it ends the process.
        setImmediate(down);
        return {};
      },
    },
  };
}

/** The API behind the command line and the console. `down` is called for a stop; it ends the process. */
export function control(supervisor: Supervisor, down: () => void): Promise<Server> {
  const known = routes(supervisor, down);
  const answered = async (request: IncomingMessage): Promise<[status: number, value: unknown]> => {
    guard(request);
    const url = new URL(request.url ?? '/', 'http://localhost');
    const route = known[`${request.method} ${url.pathname}`];
    if (!route) throw new Refusal(404, 'There is no such page.');
    return [route.status, await route.answer(request)];
  };
  const server = createServer(async (request, response) => {
    const [status, value] = await answered(request).catch((error: unknown): [number, unknown] => [
      error instanceof Refusal ? error.status : 500,
      { error: error instanceof Error ? error.message : String(error) },
    ]);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  });
  return new Promise((resolve, reject) =>
    server.once('error', reject).listen(controlPort, '127.0.0.1', () => resolve(server)),
  );
}
