import { z } from 'zod';
import type { Decision, Identified, Kind } from '../domain/aggregate.ts';
import { integer } from '../domain/schema.ts';
import type { Facts, View } from '../views/view.ts';
import type { Access } from './access.ts';
import { collectionAnswer, rowAnswer } from './answer.ts';
import { checked } from './body.ts';
import { type Resource, shownBy } from './resource.ts';
import { answers, type Bulkhead, type Route, routeFor } from './route.ts';
import type { RouteContext } from './route-context.ts';

const NEWEST = 1_000;
const LARGEST_PAGE = 200;

/** What may be said of the reads of a resource beside how it is shown. */
export interface Reads<C, R> {
  /** Fills in, when records are read, what is calculated from other records. */
  complete?(rows: readonly R[], context: Pick<RouteContext<C, undefined, never>, 'records'>): Promise<readonly R[]>;
  readonly limit?: Bulkhead<C>;
  /** Who may read. */
  readonly access?: Access;
}

const fieldsToSeekBy = ({ keyedBy, numberedBy, uniqueBy, listBy }: Kind): Set<string> =>
  new Set([keyedBy ?? [], numberedBy ?? [], uniqueBy ?? [], listBy ?? []].flat());

/** The rows of states as a resource shows them, completed from other records. */
function rowsOf<S extends Identified, R extends Identified, C>(
  resource: Resource<S, R>,
  complete: Reads<C, R>['complete'],
) {
  return async (states: readonly S[], context: RouteContext<C, undefined, string>): Promise<readonly R[]> => {
    const rows = states.flatMap((state) => shownBy(resource, state) ?? []);
    return complete ? complete(rows, context) : rows;
  };
}

/**
 * What a search for a field takes, from what its resource shows: for a number it has to be one, any text finds what has it.
 * @returns the text as records are found by it
 */
function soughtIn({ answer }: { readonly answer: z.ZodType }, field: string): (text: string) => string {
  const shown = answer instanceof z.ZodObject ? (answer.shape[field] as z.ZodType | undefined) : undefined;
  const isNumber = shown !== undefined && typeof shown.safeParse('1').data === 'number';
  if (!isNumber) return (text) => text;
  const schema = z.object({ [field]: integer });
  return (text) => String(checked(schema, { [field]: text })[field]);
}

/** GET of collection, item and `search/findBy<Field>` of a kind of record. */
export function readable<S extends Identified, R extends Identified = S, C = Record<string, unknown>>(
  resource: Resource<S, R>,
  { complete, limit, access }: Reads<C, R> = {},
): Route<C>[] {
  const { kind, path, item } = resource;
  const route = routeFor<C>();
  const own = { ...(limit ? { limit } : {}), ...(access ? { access } : {}) };
  const shown = rowsOf(resource, complete);
  const find = (field: string): Route<C> => {
    const spec = {
      summary: `Those ${path} whose ${field} is this.`,
      answer: answers.collection(resource),
      query: [field],
      paged: true,
      ...own,
    };
    const sought = soughtIn(resource, field);
    const name = `${field.charAt(0).toUpperCase()}${field.slice(1)}`;
    return route.get(`/${path}/search/findBy${name}`, spec, async (context) => {
      const { isAsked, ...paging } = context.paging;
      const request = isAsked ? paging : { ...paging, size: LARGEST_PAGE };
      const page = await context.records.find(kind, field, sought(context.query[field] ?? ''), request);
      // Few rows are a plain list, as the contracts have it; where there are more, the answer leads to them.
      const isWhole = !isAsked && page.next === undefined;
      return collectionAnswer(resource, await shown(page.items, context), isWhole ? undefined : page);
    });
  };
  return [
    route.get(
      `/${path}`,
      { summary: `The ${path}.`, answer: answers.collection(resource), paged: true, ...own },
      async (context) => {
        const { isAsked, ...paging } = context.paging;
        if (resource.plain && !isAsked)
          return collectionAnswer(resource, await shown(await context.records.newest(kind, NEWEST), context));
        const page = await context.records.list(kind, paging);
        return collectionAnswer(resource, await shown(page.items, context), page);
      },
    ),
    ...[...fieldsToSeekBy(kind)].map(find),
    route.get(`/${path}/:id`, { summary: `One ${item}.`, answer: answers.item(resource), ...own }, async (context) => {
      const state = await context.records.get(kind, context.id);
      const [row] = state ? await shown([state], context) : [];
      if (!row) throw context.missing(resource);
      return rowAnswer(resource, row);
    }),
  ];
}

/** The read side of a view. */
export const readableView = <R extends Identified>(
  view: View<R>,
  shape: Pick<Resource<Facts, R>, 'path' | 'item' | 'plain' | 'answer'>,
  reads: Pick<Reads<Record<string, unknown>, R>, 'access'> = {},
): Route[] => readable<Facts, R>({ kind: view.kind, show: view.row, ...shape }, reads);

/** What clients may do with a kind of record, each a pure decision. */
export interface Verbs<S, B extends z.ZodObject> {
  /** Schema of a whole record as clients send it; PATCH takes any part of it. */
  readonly body: B;
  readonly create?: (id: number, asked: z.output<B>) => Decision<S>;
  readonly change?: (state: S, change: Partial<z.output<B>>) => Decision<S> | undefined;
  readonly remove?: (state: S) => Decision<S>;
  /** Who may do any of it. */
  readonly access?: Access;
}

/** POST, PUT, PATCH and DELETE of a kind of record, as far as the contract has them. */
export function writable<
  S extends Identified,
  R extends Identified,
  B extends z.ZodObject,
  C = Record<string, unknown>,
>(resource: Resource<S, R>, { body, create, change, remove, access }: Verbs<S, B>): Route<C>[] {
  const { path, item } = resource;
  const route = routeFor<C>();
  const allowed = access ? { access } : {};
  const made = { summary: `Makes a ${item}.`, body, answer: answers.created(resource), ...allowed };
  const changed = { summary: `Changes a ${item}.`, answer: answers.item(resource), ...allowed };
  return [
    create &&
      route.post(`/${path}`, made, (context) =>
        context.create(resource, (id) => create(id, context.body as z.output<B>)),
      ),
    change &&
      route.put(`/${path}/:id`, { ...changed, body }, (context) =>
        context.change(resource, (state) => change(state, context.body as z.output<B>)),
      ),
    change &&
      route.patch(`/${path}/:id`, { ...changed, part: body }, (context) =>
        context.change(resource, (state) => change(state, context.body as Partial<z.output<B>>)),
      ),
    remove &&
      route.delete(`/${path}/:id`, { summary: `Removes a ${item}.`, answer: answers.nothing, ...allowed }, (context) =>
        context.remove(resource, remove),
      ),
  ].filter((one) => one !== undefined);
}
