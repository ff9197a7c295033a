import { createHash, randomUUID } from 'node:crypto';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import { z } from 'zod';
import { type Aggregate, type Decision, type Identified, RuleViolation } from '../domain/aggregate.ts';
import { CalleeUnavailable, Unavailable } from '../errors.ts';
import type { Command, Page, Records } from '../persistence/records.ts';
import { count } from '../telemetry/metrics.ts';
import { continueTrace, correlationId, log, reason, withTrace } from '../telemetry/telemetry.ts';
import type { Facts, View } from '../views/view.ts';

/** An answer that is not a success, as RFC 9457 wants it. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    detail: string,
    readonly more: {
      errors?: readonly { field: string; message: string }[];
      retryAfterSeconds?: number;
      outcome?: 'unknown';
    } = {},
  ) {
    super(detail);
  }
}

/** Sends a problem; the correlation id leads to the log lines. */
export function sendProblem(response: Response, problem: Problem): void {
  const { retryAfterSeconds, ...more } = problem.more;
  if (retryAfterSeconds) response.set('retry-after', String(retryAfterSeconds));
  response
    .status(problem.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: problem.title,
        status: problem.status,
        detail: problem.message,
        ...more,
        correlationId: correlationId(),
      }),
    );
}

/** The problem an error is, seen from outside: never a stack trace, never our 500 for somebody else's mistake. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof z.ZodError) {
    const errors = error.issues.flatMap((issue) =>
      (issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.') || 'body']).map((field) => ({
        field,
        message: issue.code === 'unrecognized_keys' ? 'is not a field of this resource; leave it out' : issue.message,
      })),
    );
    return new Problem(400, 'Bad Request', errors.map(({ field, message }) => `${field} ${message}`).join('; '), {
      errors,
    });
  }
  if (error instanceof RuleViolation) {
    count('refusals', { status: String(error.status) });
    return new Problem(
      error.status,
      error.status === 404 ? 'Not Found' : error.status === 409 ? 'Conflict' : 'Refused',
      error.message,
    );
  }
  if (error instanceof Unavailable) {
    const again =
      error instanceof CalleeUnavailable
        ? 'Nothing was changed; please try again in a moment.'
        : 'Please try again in a moment, with the same Idempotency-Key if you sent one.';
    return new Problem(503, 'Service Unavailable', `${error.message}. ${again}`, {
      retryAfterSeconds: error.retryAfterSeconds,
      ...(error instanceof CalleeUnavailable ? {} : { outcome: 'unknown' as const }),
    });
  }
  const status = Number((error as { status?: number }).status);
  if (status === 413) return new Problem(413, 'Content Too Large', `The body is larger than ${LIMIT_TEXT}; send less.`);
  if (status >= 400 && status < 500)
    return new Problem(status, 'Bad Request', `The body cannot be read as JSON: ${reason(error)}`);
  log.error('a request failed', { reason: reason(error), stack: (error as Error).stack });
  return new Problem(
    500,
    'Internal Server Error',
    'Something failed on our side; the correlation id finds it in the logs.',
  );
}

const LIMIT_TEXT = '256 kB';
/** Reads JSON bodies, and nothing else, up to 256 kB. */
export const jsonBody: RequestHandler[] = [
  (request, _, next) => {
    const type = request.headers['content-type'];
    const hasBody =
      request.headers['content-length'] !== '0' &&
      (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined);
    if (hasBody && !/^application\/([\w.+-]+\+)?json\b/i.test(type ?? ''))
      throw new Problem(415, 'Unsupported Media Type', 'Send JSON, with the header content-type: application/json.');
    next();
  },
  express.json({ limit: '256kb', strict: true, type: () => true }),
];

/** First in every app: continues the caller's trace. */
export const traced: RequestHandler = (request, _, next) => withTrace(continueTrace(request.headers.traceparent), next);

/** Behind these routes: what is asked for does not exist, or not with this verb. */
export const notFound =
  (routers: readonly Router[] = []): RequestHandler =>
  (request, response) => {
    const { method, path } = request;
    // Express answers this question only inside its router; its types leave `match` out.
    const fits = (layer: unknown): boolean => (layer as { match(path: string): boolean }).match(path);
    const routes = routers.flatMap(({ stack }) => stack.filter(fits).map(({ route }) => route));
    const allowed = new Set(routes.flatMap((route) => route?.stack.map(({ method }) => method.toUpperCase()) ?? []));
    if (allowed.size === 0) throw new Problem(404, 'Not Found', `There is nothing at ${method} ${path}.`);
    response.set('allow', [...allowed].join(', '));
    throw new Problem(405, 'Method Not Allowed', `${path} takes ${[...allowed].join(', ')}, not ${method}.`);
  };

/** Last of all: every error becomes a problem. */
export const asProblem: ErrorRequestHandler = (error, _, response, next) => {
  if (response.headersSent) next(error);
  else sendProblem(response, problemOf(error));
};

/** The command a request is: recognisable by its Idempotency-Key, else unique. */
export function commandOf(request: Request): Command {
  const key = request.get('idempotency-key');
  if (!key) return { cause: randomUUID() };
  if (key.length > 128) throw new Problem(400, 'Bad Request', 'Idempotency-Key must have at most 128 characters.');
  const what = `${request.method} ${request.originalUrl} ${JSON.stringify(request.body ?? null)}`;
  return { cause: `key-${key}`, fingerprint: createHash('sha256').update(what).digest('base64url') };
}

/** The number in the path; anything else names no record. */
export function idOf(request: Request): number {
  const id = String(request.params.id);
  if (!/^[1-9]\d{0,14}$/.test(id))
    throw new Problem(
      404,
      'Not Found',
      `${request.path} names no record: the last part must be a positive whole number.`,
    );
  return Number(id);
}

const Paging = z.object({
  page: z.coerce
    .number({ error: 'must be a number from 0' })
    .int('must be a whole number')
    .min(0, 'must be 0 or more')
    .max(1e12, 'is too large')
    .default(0),
  size: z.coerce
    .number({ error: 'must be a number from 1 to 200' })
    .int('must be a whole number')
    .min(1, 'must be 1 to 200')
    .max(200, 'must be 1 to 200')
    .default(20),
  sort: z.enum(['id', 'id,asc', 'id,desc'], { error: 'can only be id,asc or id,desc' }).default('id,asc'),
});

/** Where clients see us: what the gateway says, else the address they called. */
const baseOf = (request: Request): string =>
  request.get('x-public-base') ?? `${request.protocol}://${request.get('host')}`;

/** How a kind of record is shown. `S`: what is stored, `R`: what clients see. */
export interface Resource<S extends Identified, R extends Identified> {
  readonly kind: Aggregate<S>;
  /** Plural, first part of the path: `courses`. */
  readonly path: string;
  /** The item's own name, for its link: `course`. */
  readonly item: string;
  /** True: unless a page is asked for, the collection is a plain list (of the newest 1,000). */
  readonly plain?: boolean;
  show?(state: S): R | undefined;
  /** Fills in, when records are read, what is calculated from other records. */
  complete?(shown: readonly R[]): Promise<readonly R[]>;
}

/** Hypermedia (HAL-style) answers of one resource. */
export class Hal<S extends Identified, R extends Identified> {
  constructor(private readonly resource: Resource<S, R>) {}

  item(request: Request, state: S): object | undefined {
    const { path, item } = this.resource;
    const shown = this.resource.show ? this.resource.show(state) : state;
    const self = { href: `${baseOf(request)}/${path}/${state.id}` };
    return shown && { ...shown, _links: { self, [item]: self } };
  }

  collection(request: Request, states: readonly S[], page?: Omit<Page<unknown>, 'items'>): object {
    const { path } = this.resource;
    const self = `${baseOf(request)}/${path}`;
    const at = (number: number): { href: string } => ({
      href: `${self}?${new URLSearchParams({ ...stringsOf(request.query), page: String(number) })}`,
    });
    const items = states.flatMap((state) => this.item(request, state) ?? []);
    const links = page && {
      ...(page.number > 0 ? { first: at(0), prev: at(page.number - 1) } : {}),
      ...(page.next === undefined ? {} : { next: at(page.next) }),
    };
    return {
      _embedded: { [path]: items },
      _links: { self: { href: `${baseOf(request)}${request.originalUrl}` }, ...links },
      ...(page ? { page: { number: page.number, size: page.size } } : {}),
    };
  }
}

const stringsOf = (query: Request['query']): Record<string, string> =>
  Object.fromEntries(Object.entries(query).map(([key, value]) => [key, String(value)]));

/** Records as clients see them, complete; those not to be seen are left out. */
export async function shown<S extends Identified, R extends Identified>(
  { show = (state: S) => state as unknown as R, complete = async (rows) => rows }: Resource<S, R>,
  states: readonly S[],
): Promise<readonly R[]> {
  return complete(states.flatMap((state) => show(state) ?? []));
}

/** GET of collection, item and `search/findBy<Field>` of a kind of record. */
export function readable<S extends Identified, R extends Identified = S>(
  records: Records,
  resource: Resource<S, R>,
): Router {
  const { kind, path, item } = resource;
  const hal = new Hal<R, R>({ kind: { name: kind.name }, path, item });
  const router = Router();
  router.get(`/${path}`, async (request, response) => {
    const { page: number, size, sort } = Paging.parse(request.query);
    if (resource.plain && request.query.page === undefined && request.query.size === undefined) {
      response.json(hal.collection(request, await shown(resource, await records.newest(kind, 1_000))));
      return;
    }
    const page = await records.list(kind, { number, size, descending: sort === 'id,desc' });
    response.json(hal.collection(request, await shown(resource, page.items), page));
  });
  for (const field of new Set(
    [kind.keyedBy ?? [], kind.numberedBy ?? [], kind.uniqueBy ?? [], kind.listBy ?? []].flat(),
  )) {
    router.get(`/${path}/search/findBy${field.charAt(0).toUpperCase()}${field.slice(1)}`, async (request, response) => {
      const value = request.query[field];
      if (typeof value !== 'string' || value === '')
        throw new Problem(400, 'Bad Request', `${field} is missing; ask with ?${field}=...`, {
          errors: [{ field, message: 'is missing' }],
        });
      response.json(hal.collection(request, await shown(resource, await records.findBy(kind, field, value))));
    });
  }
  router.get(`/${path}/:id`, async (request, response) => {
    const state = await records.get(kind, idOf(request));
    const [row] = state ? await shown(resource, [state]) : [];
    if (!row) throw new Problem(404, 'Not Found', `There is no ${item} ${request.params.id}.`);
    response.json(hal.item(request, row));
  });
  return router;
}

/** The read side of a view. */
export const readableView = <R extends Identified>(
  records: Records,
  view: View<R>,
  path: string,
  item: string,
  plain = false,
): Router => readable<Facts, R>(records, { kind: view.kind, path, item, plain, show: view.row });

/** What clients may do with a kind of record, each a pure decision. */
export interface Verbs<S, B> {
  /** Schema of a whole record as clients send it; PATCH takes any part of it. */
  readonly body: z.ZodObject;
  readonly create?: (id: number, wish: B) => Decision<S>;
  readonly change?: (state: S, change: Partial<B>) => Decision<S> | undefined;
  readonly remove?: (state: S) => Decision<S>;
}

/** POST, PUT, PATCH and DELETE of a kind of record, as far as the contract has them. */
export function writable<S extends Identified, B>(
  records: Records,
  resource: Resource<S, S>,
  verbs: Verbs<S, B>,
): Router {
  const { kind, path, item } = resource;
  const hal = new Hal(resource);
  const router = Router();
  const missing = (request: Request): Problem =>
    new Problem(404, 'Not Found', `There is no ${item} ${request.params.id}.`);
  const { create, change, remove } = verbs;
  if (create)
    router.post(`/${path}`, ...jsonBody, async (request, response) => {
      const wish = bodyOf(verbs.body, request) as B;
      sendCreated(
        request,
        response,
        resource,
        await records.create(kind, commandOf(request), (id) => create(id, wish)),
      );
    });
  if (change)
    for (const [verb, schema] of [
      ['put', verbs.body],
      ['patch', verbs.body.partial()],
    ] as const)
      router[verb](`/${path}/:id`, ...jsonBody, async (request, response) => {
        const wish = bodyOf(schema, request) as Partial<B>;
        const changed = await records.change(kind, idOf(request), commandOf(request), (state) => change(state, wish));
        if (!changed?.state) throw missing(request);
        response.json(hal.item(request, changed.state));
      });
  if (remove)
    router.delete(`/${path}/:id`, async (request, response) => {
      const removed = await records.change(kind, idOf(request), commandOf(request), remove);
      if (!removed) throw missing(request);
      response.status(204).end();
    });
  return router;
}

/** 201 with the record and where it is. */
export function sendCreated<S extends Identified>(
  request: Request,
  response: Response,
  resource: Resource<S, S>,
  state: S,
): void {
  response
    .status(201)
    .location(`${baseOf(request)}/${resource.path}/${state.id}`)
    .json(new Hal(resource).item(request, state));
}

/**
 * The request's body, checked; what clients read from us (`id`, `_links`) may come back and is ignored. Fields the schema
 * does not have are refused; of a `.loose()` schema (a contract that takes whatever is sent) they are left out.
 */
export function bodyOf<T>(schema: z.ZodObject & { _output?: T }, request: Request): unknown {
  const body: unknown = request.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Problem(400, 'Bad Request', 'Send a JSON object.');
  const { _links, id, ...rest } = body as Record<string, unknown>;
  const checked = schema.def.catchall ? schema.strip() : schema.strict();
  return checked.parse('id' in schema.shape ? { ...rest, id } : rest);
}

/**
 * Lets so many requests at a time through to the routes behind it. The others wait for their turn, at most `patienceMs`
 * milliseconds (0: not at all), and are then refused. `Sidecar.call` reads the refusal as that of an open breaker: nothing was done.
 */
export function atOnce(limit: () => number, patienceMs = 0): RequestHandler {
  let running = 0;
  const waiting: (() => void)[] = [];
  const turn = (): Promise<boolean> =>
    new Promise((answer) => {
      const enter = (): void => {
        clearTimeout(timer);
        answer(true);
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(enter), 1);
        answer(false);
      }, patienceMs);
      waiting.push(enter);
    });
  return async (_, response, next) => {
    if (running < limit()) running++;
    else if (patienceMs === 0 || !(await turn()))
      throw new Problem(
        503,
        'Service Unavailable',
        'There are too many requests at once. Nothing was changed; please try again in a moment.',
        { retryAfterSeconds: 1 },
      );
    const leave = (): void => {
      const first = waiting.shift();
      if (first) first();
      else running--;
    };
    if (response.closed) leave();
    else {
      response.once('close', leave);
      next();
    }
  };
}

/**
 * An internal operation for other services: POST, idempotent, on a fixed path. It answers 200 with an outcome also when
 * it refuses, because the caller's breaker counts every 4xx as a failure.
 */
export function operation<T>(path: string, schema: z.ZodType<T>, work: (body: T) => Promise<object>): Router {
  const router = Router();
  router.post(path, ...jsonBody, async (request, response) => {
    response.json(await work(schema.parse(request.body)));
  });
  return router;
}
