import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import models from '../../../docs/systems/model.json' with { type: 'json' };
import { Refusal } from '../../run/body.ts';
import { documentAt } from './documents.ts';
import type { Feed } from './feed.ts';
import { guard, type Route } from './request.ts';
import { played } from './story.ts';

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

/** What a console is for. */
export interface ConsoleOptions {
  /** What can be asked and ordered beside what happens, by method and path; undefined: it is read-only. */
  readonly more?: Readonly<Record<string, Route>> | undefined;
  /** Whether this is a name, with its port, by which the console is called. */
  readonly isOwn: (host: string) => boolean;
}

/** What every page asks for, below /api. */
const basics = (feed: Feed): Record<string, Route> => ({
  'GET /api/model': async () => models,
  'GET /api/trace': async (_, url) => {
    await feed.now();
    return feed.ring.ofTrace(url.searchParams.get('id') ?? '');
  },
});

/** GET /api/changes?since=: all that a page shows, in one short answer, so that no number of tabs holds a connection. */
async function changes(feed: Feed, url: URL): Promise<Buffer> {
  const since = Number(url.searchParams.get('since')) || 0;
  const status = await feed.now();
  const known = url.searchParams.get('boot') === feed.boot ? since : undefined;
  const { entries, last, leftOut } = feed.ring.since(known);
  const rest = {
    boot: feed.boot,
    seq: last,
    hasMore: last < feed.ring.seq,
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
export function consoleServer(feed: Feed, { more, isOwn }: ConsoleOptions): Server {
  const known = { ...basics(feed), ...more };
  const page = more ? PAGE : PAGE.replace('id="console"', 'id="console" data-read-only');
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const send = (type: string, body: string | Buffer) =>
      void response.writeHead(200, { ...HEADERS, 'content-type': `${type}; charset=utf-8` }).end(body);
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/healthz') return void response.writeHead(204).end();
    guard(request, isOwn);
    const route = known[`${request.method} ${url.pathname}`];
    if (request.method === 'GET' && url.pathname === '/api/changes')
      return send('application/json', await changes(feed, url));
    if (route) return send('application/json', JSON.stringify(await route(request, url)));
    if (!more && request.method !== 'GET')
      throw new Refusal(403, 'This console is read-only: it shows what happens, and changes nothing.');
    if (request.method !== 'GET' || url.pathname.startsWith('/api/')) throw new Refusal(404, 'There is no such page.');
    if (url.pathname === '/icon.svg') return send('image/svg+xml', ICON);
    if (url.pathname.startsWith('/documents/')) {
      const document = await documentAt(url.pathname);
      if (document === undefined) throw new Refusal(404, 'There is no such document.');
      return send('application/json', document);
    }
    const type = FILES[url.pathname];
    // Every other address is one of the page's own: it reads it.
    return type ? send(type, await readFile(join(import.meta.dirname, url.pathname))) : send('text/html', page);
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
