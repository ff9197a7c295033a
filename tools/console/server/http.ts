import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import models from '../../../docs/systems/model.json' with { type: 'json' };
import * as client from '../../run/cli/client.ts';
import { consolePort } from '../../run/paths.ts';
import { actions, type Status } from '../../run/supervisor/status.ts';
import { Attempt, attempt, NotSent } from './attempt.ts';
import { documentAt, documentsOf } from './documents.ts';
import type { Feed } from './feed.ts';
import { linesOfTrace, newLines } from './log-lines.ts';
import { play, played } from './story.ts';
import { handle } from './trouble.ts';

const Act = z.strictObject({ id: z.string(), action: z.enum(actions), part: z.enum(['app', 'sidecar', 'both']) });
const Letters = z.strictObject({
  appId: z.string(),
  kind: z.enum(['deadletters', 'deferred']),
  id: z.int().min(1),
  action: z.enum(['replay', 'drop']),
});
const Settings = z.strictObject({ system: z.string(), changes: z.record(z.string(), z.string()) });
const Named = z.string().regex(/^[a-z0-9]+$/);
const Story = z.strictObject({ system: Named });
const Up = z.strictObject({ systems: z.array(z.string()).max(20) });
const Places = z.record(z.string(), z.int().min(0));

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Madang</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body><div id="console"></div><noscript>The console needs JavaScript.</noscript></body>
</html>
`;
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect x="1" y="1" width="9" height="9" rx="1" fill="#a9d1f7"/><rect x="6" y="6" width="9" height="9" rx="1" fill="#ffc078"/></svg>';

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Only the console's own page, on this machine, is answered: no name that some web site resolves to 127.0.0.1, no other page. */
function guard({ headers, method }: IncomingMessage): void {
  const { host = '', origin, 'content-type': type } = headers;
  if (![`localhost:${consolePort}`, `127.0.0.1:${consolePort}`].includes(host))
    throw new Refusal(403, 'Only for this machine.');
  if (headers['sec-fetch-site'] === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate')
    throw new Refusal(403, 'Only for the page of this server.');
  if (method === 'GET') return;
  if (method !== 'POST') throw new Refusal(405, 'Only GET and POST.');
  if (origin !== undefined && origin !== `http://${host}`) throw new Refusal(403, 'Only for the page of this server.');
  if (type?.split(';')[0] !== 'application/json') throw new Refusal(415, 'Send JSON.');
}

async function bodyOf<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > 100_000) throw new Refusal(413, 'Too long.');
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'Not JSON.');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw new Refusal(400, z.prettifyError(parsed.error));
  return parsed.data;
}

/** What the supervisor refuses is told as it says it. */
async function asked(order: Promise<unknown>): Promise<unknown> {
  const answer = await order.catch((error: unknown) => {
    throw new Refusal(409, error instanceof Error ? error.message : String(error));
  });
  if (answer === undefined) throw new Refusal(503, 'The runner does not answer.');
  return answer;
}

type Route = (request: IncomingMessage, url: URL) => Promise<unknown>;

async function running(feed: Feed): Promise<Status> {
  const status = await feed.now();
  if (!status) throw new Refusal(503, 'The runner does not answer.');
  return status;
}

/** What the page asks for, below /api; each answers JSON, or throws a Refusal. */
function questions(feed: Feed): Record<string, Route> {
  return {
    'GET /api/model': async () => models,
    'GET /api/contract': async (_, url) => {
      const system = Named.safeParse(url.searchParams.get('system')).data ?? '';
      const documents = await documentsOf(system);
      if (!documents)
        throw new Refusal(404, `There are no documents of ${system || 'this system'}: ./run generate writes them.`);
      return documents;
    },
    'GET /api/status': async () => running(feed),
    'GET /api/trace': async (_, url) => {
      await feed.now();
      return feed.ring.ofTrace(url.searchParams.get('id') ?? '');
    },
    'POST /api/logs': async (request) => {
      const { ids, places } = await bodyOf(request, z.strictObject({ ids: z.array(z.string()), places: Places }));
      const { services, infrastructure, console } = await running(feed);
      const processes = [
        ...infrastructure,
        ...services.flatMap(({ app, sidecar }) => [app, sidecar]),
        ...(console ? [console] : []),
      ];
      const known = processes.map(({ id }) => id);
      return {
        known,
        ...newLines(
          known.filter((id) => ids.length === 0 || ids.includes(id)),
          places,
        ),
      };
    },
    'GET /api/logs': async (_, url) => {
      const trace = url.searchParams.get('trace') ?? '';
      if (!/^[0-9a-f]{32}$/.test(trace)) throw new Refusal(400, 'trace must have 32 hexadecimal digits.');
      return linesOfTrace(trace);
    },
  };
}

/** What the page orders, below /api, likewise. */
function orders(feed: Feed): Record<string, Route> {
  return {
    'POST /api/act': async (request) => {
      const { id, action, part } = await bodyOf(request, Act);
      return asked(client.act(id, action, part)).finally(() => feed.refresh());
    },
    'POST /api/up': async (request) => {
      const { systems } = await bodyOf(request, Up);
      return asked(client.up({ systems, replicas: {}, console: true }));
    },
    'POST /api/story': async (request) => {
      const { system } = await bodyOf(request, Story);
      if (!(await running(feed)).systems.includes(system)) throw new Refusal(404, `${system} does not run.`);
      return { said: await play(system) };
    },
    'POST /api/letters': async (request) => {
      const wish = await bodyOf(request, Letters);
      return handle(await running(feed), wish).finally(() => feed.refresh());
    },
    'POST /api/try': async (request) => {
      const wish = await bodyOf(request, Attempt);
      return attempt(await running(feed), wish).catch((error: unknown) => {
        throw error instanceof NotSent ? new Refusal(503, error.message) : error;
      });
    },
    'POST /api/configuration': async (request) => {
      const { system, changes } = await bodyOf(request, Settings);
      return asked(client.configure(system, changes));
    },
  };
}

/** GET /api/changes?since=: all that a page shows, in one short answer, so that no number of tabs holds a connection. */
async function changes(feed: Feed, url: URL): Promise<Buffer> {
  const since = Number(url.searchParams.get('since')) || 0;
  const status = await feed.now();
  const known = url.searchParams.get('boot') === feed.boot ? since : 0;
  const { entries, leftOut } = feed.ring.since(known);
  const rest = {
    boot: feed.boot,
    seq: feed.ring.seq,
    leftOut,
    status: status ?? null,
    letters: feed.letters,
    playing: played(),
    errors: feed.errors.counts,
  };
  const before = Buffer.from(`${JSON.stringify(rest).slice(0, -1)},"entries":[`);
  return Buffer.concat([before, ...entries, Buffer.from(']}')]);
}

/** The files of the page, by their paths. */
const FILES: Record<string, string> = { '/page.js': 'text/javascript', '/page.css': 'text/css' };

/** Serves the page and what it asks. */
export function consoleServer(feed: Feed): Server {
  const known = { ...questions(feed), ...orders(feed) };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const send = (type: string, body: string | Buffer) =>
      void response.writeHead(200, { ...HEADERS, 'content-type': `${type}; charset=utf-8` }).end(body);
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/healthz') return void response.writeHead(204).end();
    guard(request);
    const route = known[`${request.method} ${url.pathname}`];
    if (request.method === 'GET' && url.pathname === '/api/changes')
      return send('application/json', await changes(feed, url));
    if (route) return send('application/json', JSON.stringify(await route(request, url)));
    if (request.method !== 'GET' || url.pathname.startsWith('/api/')) throw new Refusal(404, 'There is no such page.');
    if (url.pathname === '/icon.svg') return send('image/svg+xml', ICON);
    if (url.pathname.startsWith('/documents/')) {
      const document = await documentAt(url.pathname);
      if (document === undefined) throw new Refusal(404, 'There is no such document.');
      return send('application/json', document);
    }
    const type = FILES[url.pathname];
    // Every other address is one of the page's own: it reads it.
    return type ? send(type, await readFile(join(import.meta.dirname, url.pathname))) : send('text/html', PAGE);
  };
  return createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const status = error instanceof Refusal ? error.status : 500;
      const message = error instanceof Refusal ? error.message : 'The console made a mistake.';
      if (!(error instanceof Refusal)) process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
      response.writeHead(status, { ...HEADERS, 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: message }));
    });
  });
}
