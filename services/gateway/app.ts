import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Transform } from 'node:stream';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import {
  ANSWERED_BY,
  asProblem,
  calleeUnavailable,
  log,
  notFound,
  Problem,
  problemOf,
  type Sidecar,
  type SidecarAnswer,
  sendProblem,
  trace,
  traced,
} from '../kit/index.ts';
import { routes } from './routes.ts';

const BODY_LIMIT = 1_048_576;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** What must not be passed on: of this connection only, or told to the service by us alone. */
const OWN_HEADERS = new Set([
  'host',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'proxy-authorization',
  'proxy-connection',
  'dapr-app-id',
  'dapr-api-token',
  'traceparent',
  'x-public-base',
  ANSWERED_BY,
  'content-length',
]);

/**
 * The one entrance of a system: forwards its public routes through the sidecar, streaming, and nothing else.
 * @param admission decides who is let in; without it, everybody
 */
export function gateway(sidecar: Sidecar, admission?: RequestHandler): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/healthz', (_, response) => void response.status(204).end());
  app.get('/readyz', async (_, response) => {
    const { status } = await sidecar.request('GET', '/v1.0/healthz/outbound').catch(() => ({ status: 503 }));
    response.status(status === 204 ? 204 : 503).end();
  });
  app.get('/dapr/subscribe', (_, response) => void response.json([]));
  app.use(traced, identified, plainPath, cors, ...(admission ? [admission] : []));
  const table = routes[sidecar.system] ?? {};
  for (const [path, target] of Object.entries(table)) {
    const [appId = '', prefix = ''] = target.split(' behind ');
    app.use(path, (request, response, next) => {
      forward(sidecar, { appId, prefix }, request, response).catch(next);
    });
  }
  app.get('/', (request, response) => {
    const base = baseOf(request);
    response.json({
      system: sidecar.system,
      _links: Object.fromEntries(Object.keys(table).map((path) => [path.slice(1), { href: base + path }])),
    });
  });
  app.use(notFound(), asProblem);
  return app;
}

const baseOf = (request: Request): string => `${request.protocol}://${request.get('host') ?? 'localhost'}`;

/** The sidecar cleans paths, so `/payments/../internal/payments` would leave the public ones. */
function plainPath(request: Request, _: Response, next: () => void): void {
  const { pathname } = new URL(`http://gateway${request.originalUrl.split('?')[0]?.replaceAll('\\', '%5c')}`);
  const raw = request.originalUrl.split('?')[0] ?? '';
  let decoded = '';
  try {
    decoded = decodeURIComponent(raw);
  } catch {
    throw new Problem(400, 'Bad Request', 'The path has a % that does not stand for a character.');
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (pathname !== raw || /%2f/i.test(raw) || /\/\/|[\\\u0000-\u001f\u007f]/.test(decoded))
    throw new Problem(404, 'Not Found', 'There is nothing at this path; use the links of / to find your way.');
  next();
}

function identified(request: Request, response: Response, next: () => void): void {
  const given = request.get('x-request-id');
  const id = given && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
  request.headers['x-request-id'] = id;
  response.set('x-request-id', id);
  next();
}

/** Open to every origin, with credentials, as the contract says; so the origin is named, since `*` excludes credentials. */
function cors(request: Request, response: Response, next: () => void): void {
  const origin = request.get('origin');
  if (origin) {
    response.set({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
      'access-control-expose-headers': 'location, retry-after, www-authenticate, x-request-id',
    });
    if (request.method === 'OPTIONS' && request.get('access-control-request-method')) {
      response.set({
        'access-control-allow-methods': METHODS.join(', '),
        'access-control-allow-headers': request.get('access-control-request-headers') ?? '',
        'access-control-max-age': '600',
      });
      response.status(204).end();
      return;
    }
  }
  next();
}

async function forward(
  sidecar: Sidecar,
  { appId, prefix }: { appId: string; prefix: string },
  request: Request,
  response: Response,
): Promise<void> {
  const method = METHODS.find((known) => known === request.method);
  if (!method)
    throw new Problem(
      405,
      'Method Not Allowed',
      `${request.method} is not used here; use one of ${METHODS.join(', ')}.`,
    );
  const length = Number(request.get('content-length') ?? 0);
  if (length > BODY_LIMIT) throw tooLarge();
  const path = request.originalUrl.slice(prefix.length);
  const hasBody = length > 0 || request.headers['transfer-encoding'] !== undefined;
  const limited = new Limit();
  if (hasBody) request.pipe(limited);
  const aborted = new AbortController();
  response.once('close', () => aborted.abort());
  const body = hasBody ? await bodyWithin(request, limited) : undefined;
  const answer = await sidecar.transport
    .request({
      method: method === 'HEAD' ? 'GET' : method, // the sidecar never ends its answer to HEAD
      path: `/v1.0/invoke/${appId}/method${path}`,
      headers: {
        ...passedOn(request.headers),
        'x-public-base': baseOf(request) + prefix,
        traceparent: trace().traceparent,
      },
      body,
      signal: aborted.signal,
      timeoutMs: 30_000,
    })
    .catch(() => {
      if (aborted.signal.aborted) return undefined;
      throw new Problem(
        503,
        'Service Unavailable',
        'The entrance cannot reach its sidecar; please try again in a moment.',
        {
          retryAfterSeconds: 1,
          outcome: 'unknown',
        },
      );
    });
  if (!answer) return;
  if (answer.broken || (answer.status < 300 && !answer.headers[ANSWERED_BY])) {
    sendProblem(response, unknownOutcome(`${appId} broke off its work`));
    return;
  }
  if (answer.status === 500) {
    failedInvocation(answer, appId, response);
    return;
  }
  for (const [name, value] of Object.entries(answer.headers))
    if (
      value !== undefined &&
      !OWN_HEADERS.has(name) &&
      !name.startsWith('dapr-') &&
      !name.startsWith('access-control-')
    )
      response.set(name, value as string);
  response.status(answer.status);
  response.end(method === 'HEAD' ? undefined : answer.body);
}

/** The whole body; what exceeds the limit is read and thrown away, or the connection would stay deaf. */
async function bodyWithin(request: Request, limited: Limit): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of limited) chunks.push(chunk as Buffer);
  } catch {
    request.unpipe(limited);
    request.resume();
    throw tooLarge();
  }
  return Buffer.concat(chunks);
}

/** Dapr answers 500 for a callee that is down, slow or shielded: outside that is 503 with Retry-After. */
function failedInvocation({ body, headers }: SidecarAnswer, appId: string, response: Response): void {
  const text = body.toString();
  if (text.includes('"errorCode"')) {
    log.warn('a service cannot be reached', { callee: appId, reason: text.slice(0, 200) });
    const error = calleeUnavailable(appId, text);
    sendProblem(response, error.reached ? unknownOutcome(error.message) : problemOf(error));
  } else
    response
      .status(500)
      .type(String(headers['content-type'] ?? 'application/problem+json'))
      .send(text);
}

const passedOn = (headers: IncomingHttpHeaders): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || OWN_HEADERS.has(name) ? [] : [[name, value]],
    ),
  );

const unknownOutcome = (what: string): Problem =>
  new Problem(
    503,
    'Service Unavailable',
    `${what}; whether it was done is not known. Please try again in a moment, with the same Idempotency-Key if you sent one.`,
    { retryAfterSeconds: 1, outcome: 'unknown' },
  );

const tooLarge = (): Problem => new Problem(413, 'Content Too Large', 'The body is larger than 1 MB; send less.');

/** Cuts off a body of unknown length that grows too large. */
class Limit extends Transform {
  private size = 0;
  exceeded = false;
  override _transform(chunk: Buffer, _: BufferEncoding, done: (error: Error | null, chunk?: Buffer) => void): void {
    this.size += chunk.length;
    this.exceeded = this.size > BODY_LIMIT;
    done(this.exceeded ? new Error('too large') : null, chunk);
  }
}
