import { type Request, type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { GROUP_PATH, Group, type GroupAnswers } from '../dapr/call-groups.ts';
import type { Kit } from '../runtime/kit.ts';
import { continueTrace, log, reason, withTrace } from '../telemetry/telemetry.ts';
import type { Access } from './access.ts';
import { type Answer, ok, send } from './answer.ts';
import { checked, jsonBody, parseBody, parsePatch } from './body.ts';
import { concurrencyLimit } from './concurrency-limit.ts';
import { soughtValue } from './query.ts';
import type { Names } from './resource.ts';
import { RouteContext } from './route-context.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** How many requests at a time the routes that share it let through, see concurrencyLimit. */
export interface Bulkhead<C> {
  limit(config: C): number;
  /** How long the others wait for their turn; none: they are refused at once. */
  readonly patienceMs?: number;
}

/** The shape of an answer, for the documents. */
export interface AnswerShape {
  readonly status: 200 | 201 | 204;
  readonly schema?: z.ZodType;
  /** What HAL puts around the schema: links of one record, or those of a collection of them. */
  readonly hal?: { readonly of: 'item' | 'collection'; readonly names: Names };
}

type Shown = Names & { readonly answer: z.ZodType };

/** Shapes of answers: of records as a resource shows them, or of any JSON. */
export const answers = {
  item: (resource: Shown): AnswerShape => ({
    status: 200,
    schema: resource.answer,
    hal: { of: 'item', names: resource },
  }),
  created: (resource: Shown): AnswerShape => ({ ...answers.item(resource), status: 201 }),
  collection: (resource: Shown): AnswerShape => ({
    status: 200,
    schema: resource.answer,
    hal: { of: 'collection', names: resource },
  }),
  json: (schema: z.ZodType): AnswerShape => ({ status: 200, schema }),
  nothing: { status: 204 } as AnswerShape,
} as const;

/** What a route takes, and what it answers. */
export interface RouteSpec<C = Record<string, unknown>> {
  /** One sentence for whoever reads the documents. */
  readonly summary: string;
  readonly answer: AnswerShape;
  /** The body is a resource as clients send it: unknown fields are refused, see parseBody. */
  readonly body?: z.ZodObject;
  /** The body is any part of such a resource. */
  readonly part?: z.ZodObject;
  /** The body is a message of exactly this schema. */
  readonly message?: z.ZodType;
  /** Several such messages may come in one request, see Sidecar.callInGroup. */
  readonly inGroups?: boolean;
  /** Query parameters that have to be there. */
  readonly query?: readonly string[];
  /** Whether `page`, `size` and `sort` are read. */
  readonly paged?: boolean;
  /** Statuses of refusals that are this route's own: those of its rules, and of services it calls. */
  readonly problems?: readonly number[];
  readonly limit?: Bulkhead<C>;
  /** Who may do it, where the entrance asks for tokens. */
  readonly access?: Access;
  /** Scopes that a program needs, all of them, if not `<resource>:read` for GET, and `<resource>:write` for the others. */
  readonly scopes?: readonly string[];
}

/** What a handler gets as its body. */
export type BodyOf<T> = T extends { readonly body: infer S extends z.ZodObject }
  ? z.output<S>
  : T extends { readonly part: infer S extends z.ZodObject }
    ? Partial<z.output<S>>
    : T extends { readonly message: infer S extends z.ZodType }
      ? z.output<S>
      : undefined;
/** What a handler gets of the query. */
export type QueryOf<T> = T extends { readonly query: readonly (infer Q extends string)[] } ? Q : never;

type Handler<C, T> = (context: RouteContext<C, BodyOf<T>, QueryOf<T>>) => Answer | Promise<Answer>;

/** A route as data: Express, the gateway and the documents are made from it. `C`: the configuration it reads. */
export interface Route<C = Record<string, unknown>> {
  readonly method: Method;
  /** As Express has it: `/payments/:id`. */
  readonly path: string;
  readonly spec: RouteSpec<C>;
  handle(context: RouteContext<C, unknown, string>): Answer | Promise<Answer>;
}

/** Makes routes that read this configuration. */
export function routeFor<C>() {
  const by =
    (method: Method) =>
    <const T extends RouteSpec<C>>(path: string, spec: T, handle: Handler<C, T>): Route<C> => ({
      method,
      path,
      spec,
      handle: (context) => handle(context as RouteContext<C, BodyOf<T>, QueryOf<T>>),
    });
  return {
    get: by('get'),
    post: by('post'),
    put: by('put'),
    patch: by('patch'),
    delete: by('delete'),
    /**
     * An operation for other services: POST, idempotent, on a fixed path. It answers 200 with an outcome also when it
     * refuses, because the caller's breaker counts every 4xx as a failure.
     */
    operation: <const T extends RouteSpec<C> & { readonly message: z.ZodType }>(
      path: string,
      spec: T,
      work: (context: RouteContext<C, BodyOf<T>, QueryOf<T>>) => Promise<object>,
    ): Route<C> => by('post')<T>(path, spec, async (context) => ok(await work(context))),
  };
}

/** Makes routes of services that have no configuration, or do not read it here. */
export const route = routeFor<Record<string, unknown>>();

/** The Express router of these routes. */
export function routerOf<C>(routes: readonly Route<C>[], kit: Kit<C>): Router {
  const router = Router();
  const limits = new Map<Bulkhead<C>, RequestHandler>();
  const limited = (bulkhead: Bulkhead<C>): RequestHandler => {
    const one = limits.get(bulkhead) ?? concurrencyLimit(() => bulkhead.limit(kit.config()), bulkhead.patienceMs);
    limits.set(bulkhead, one);
    return one;
  };
  for (const one of routes) {
    const { method, path, spec } = one;
    const hasBody = spec.body ?? spec.part ?? spec.message;
    // A command takes its place behind the limit when its body is there.
    const before = [...(hasBody ? jsonBody : []), ...(spec.limit ? [limited(spec.limit)] : [])];
    router[method](path, ...before, async (request, response) => {
      const context = new RouteContext(request, kit, bodyIn(spec, request), queryIn(spec, request));
      send(request, response, await one.handle(context));
    });
    if (spec.inGroups)
      router[method](`${path}/${GROUP_PATH}`, ...before, async (request, response) => {
        const { asked } = checked(Group, request.body);
        const context = new RouteContext(request, kit, undefined, {});
        const answers = await Promise.all(asked.map((each) => answerTo(one, context, each, request)));
        send(request, response, ok({ answers } satisfies z.input<typeof GroupAnswers>));
      });
  }
  return router;
}

/** The answer to one message of a group, in its own trace; null where it fails. */
async function answerTo<C>(
  { spec, handle }: Route<C>,
  context: RouteContext<C, unknown, string>,
  { message, traceparent, causationId }: z.output<typeof Group>['asked'][number],
  request: Request,
): Promise<{ answer: unknown } | null> {
  try {
    const body = checked(spec.message ?? z.never(), message);
    const answer = await withTrace(continueTrace(traceparent, { causationId }), async () => handle(context.with(body)));
    return { answer: answer.body?.(request) };
  } catch (error) {
    log.debug('one of a group is to be asked for by itself', { reason: reason(error) });
    return null;
  }
}

function bodyIn<C>({ body, part, message }: RouteSpec<C>, request: Request): unknown {
  if (body) return parseBody(body, request);
  if (part) return parsePatch(part, request);
  return message ? checked(message, request.body) : undefined;
}

const queryIn = <C>({ query = [] }: RouteSpec<C>, request: Request): Record<string, string> =>
  Object.fromEntries(query.map((name) => [name, soughtValue(request, name)]));
