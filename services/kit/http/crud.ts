import { type Request, Router } from 'express';
import type { z } from 'zod';
import type { Decision, Identified, Kind } from '../domain/aggregate.ts';
import { byId, type Records } from '../persistence/records.ts';
import type { Facts, View } from '../views/view.ts';
import { jsonBody, parseBody, parsePatch, queryOf } from './body.ts';
import { commandOf, idOf } from './command.ts';
import { pagingOf } from './paging.ts';
import { Problem } from './problem.ts';
import { Hal, ifMatch, type Resource, sendCreated, sendItem, shown } from './resource.ts';

const NEWEST = 1_000;
const LARGEST_PAGE = 200;

/** The parameter of a search. @throws Problem 400 when it is missing, empty or there twice */
export function soughtValue(request: Request, field: string): string {
  const value = queryOf(request)[field];
  if (value) return value;
  throw new Problem(400, 'Bad Request', `${field} is missing; ask with ?${field}=...`, {
    errors: [{ field, message: 'is missing' }],
  });
}

const missing = (item: string, request: Request): Problem =>
  new Problem(404, 'Not Found', `There is no ${item} ${request.params.id}.`);

const fieldsToSeekBy = ({ keyedBy, numberedBy, uniqueBy, listBy }: Kind): Set<string> =>
  new Set([keyedBy ?? [], numberedBy ?? [], uniqueBy ?? [], listBy ?? []].flat());

/** GET of collection, item and `search/findBy<Field>` of a kind of record. */
export function readable<S extends Identified, R extends Identified = S>(
  records: Records,
  resource: Resource<S, R>,
): Router {
  const { kind, path, item } = resource;
  const rows: Resource<R, R> = { kind: { name: kind.name }, path, item };
  const hal = new Hal(rows);
  const router = Router();
  router.get(`/${path}`, async (request, response) => {
    const { isAsked, ...paging } = pagingOf(request);
    if (resource.plain && !isAsked) {
      const newest = await records.newest(kind, NEWEST);
      response.json(hal.collection(request, await shown(resource, newest)));
      return;
    }
    const page = await records.list(kind, paging);
    response.json(hal.collection(request, await shown(resource, page.items), page));
  });
  for (const field of fieldsToSeekBy(kind)) seekBy(router, records, resource, field);
  router.get(`/${path}/:id`, async (request, response) => {
    const state = await records.get(kind, idOf(request));
    const [row] = state ? await shown(resource, [state]) : [];
    if (!row) throw missing(item, request);
    sendItem(request, response, rows, row);
  });
  return router;
}

/** GET `search/findBy<Field>`: what has this value, page by page where a page is asked for, or where they are more than 200. */
function seekBy<S extends Identified, R extends Identified>(
  router: Router,
  records: Records,
  resource: Resource<S, R>,
  field: string,
): void {
  const { kind, path, item } = resource;
  const hal = new Hal<R, R>({ kind: { name: kind.name }, path, item });
  router.get(`/${path}/search/findBy${field.charAt(0).toUpperCase()}${field.slice(1)}`, async (request, response) => {
    const value = soughtValue(request, field);
    const { isAsked, ...paging } = pagingOf(request);
    const page = await records.find(kind, field, value, isAsked ? paging : { ...paging, size: LARGEST_PAGE });
    const rows = await shown(resource, page.items);
    // Few rows are a plain list, as the contracts have it; where there are more, the answer leads to them.
    const isWhole = !isAsked && page.next === undefined;
    response.json(hal.collection(request, rows, isWhole ? undefined : page));
  });
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
export interface Verbs<S, B extends z.ZodObject> {
  /** Schema of a whole record as clients send it; PATCH takes any part of it. */
  readonly body: B;
  readonly create?: (id: number, asked: z.output<B>) => Decision<S>;
  readonly change?: (state: S, change: Partial<z.output<B>>) => Decision<S> | undefined;
  readonly remove?: (state: S) => Decision<S>;
}

/** POST, PUT, PATCH and DELETE of a kind of record, as far as the contract has them. */
export function writable<S extends Identified, R extends Identified, B extends z.ZodObject>(
  records: Records,
  resource: Resource<S, R>,
  { body, create, change, remove }: Verbs<S, B>,
): Router {
  const { kind, path, item } = resource;
  const router = Router();
  if (create)
    router.post(`/${path}`, ...jsonBody, async (request, response) => {
      const asked = parseBody(body, request);
      const made = await records.create(kind, commandOf(request), (id) => create(id, asked));
      sendCreated(request, response, resource, made);
    });
  if (change)
    for (const [verb, parse] of [
      ['put', parseBody<B>],
      ['patch', parsePatch<B>],
    ] as const)
      router[verb](`/${path}/:id`, ...jsonBody, async (request, response) => {
        const asked = parse(body, request);
        const decide = ifMatch(request, resource, (state: S) => change(state, asked));
        const changed = await records.change(byId(kind, idOf(request)), commandOf(request), decide);
        if (!changed.state) throw missing(item, request);
        sendItem(request, response, resource, changed.state);
      });
  if (remove)
    router.delete(`/${path}/:id`, async (request, response) => {
      const decide = ifMatch(request, resource, remove);
      const removed = await records.change(byId(kind, idOf(request)), commandOf(request), decide);
      if (removed.kind === 'missing') throw missing(item, request);
      response.status(204).end();
    });
  return router;
}
