import type { Request, Response } from 'express';
import type { Aggregate, Identified } from '../domain/aggregate.ts';
import type { Page } from '../persistence/records.ts';
import { queryOf } from './body.ts';
import { requireMatch, sendTagged } from './etag.ts';

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

const HOST = /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/**
 * Where clients see us, without a slash at its end: what the gateway says (it takes the header from clients, and alone
 * reaches us from outside), else the address they called.
 */
export function baseOf(request: Request): string {
  const given = request.get('x-public-base');
  if (given !== undefined && URL.canParse(given)) {
    const { protocol, host, pathname, username, password, search, hash } = new URL(given);
    const isPlain = /^https?:$/.test(protocol) && HOST.test(host) && `${username}${password}${search}${hash}` === '';
    if (isPlain) return `${protocol}//${host}${pathname.replace(/\/+$/, '')}`;
  }
  const host = request.get('host') ?? '';
  return `${request.protocol}://${HOST.test(host) ? host : 'localhost'}`;
}

const shownBy = <S extends Identified, R extends Identified>(resource: Resource<S, R>, state: S): R | undefined =>
  resource.show ? resource.show(state) : (state as unknown as R);

/** Hypermedia (HAL-style) answers of one resource. */
export class Hal<S extends Identified, R extends Identified> {
  constructor(private readonly resource: Resource<S, R>) {}

  item(request: Request, state: S): object | undefined {
    const { path, item } = this.resource;
    const shown = shownBy(this.resource, state);
    const self = { href: `${baseOf(request)}/${path}/${state.id}` };
    return shown && { ...shown, _links: { self, [item]: self } };
  }

  collection(request: Request, states: readonly S[], page?: Omit<Page<unknown>, 'items'>): object {
    const { path } = this.resource;
    const target = request.originalUrl.split('?')[0];
    const at = (number: number): { href: string } => {
      const asked = { size: String(page?.size), ...queryOf(request), page: String(number) };
      return { href: `${baseOf(request)}${target}?${new URLSearchParams(asked)}` };
    };
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

/** Records as clients see them, complete; those not to be seen are left out. */
export async function shown<S extends Identified, R extends Identified>(
  resource: Resource<S, R>,
  states: readonly S[],
): Promise<readonly R[]> {
  const rows = states.flatMap((state) => shownBy(resource, state) ?? []);
  return resource.complete ? resource.complete(rows) : rows;
}

/** Answers a record as it is now, under its ETag. */
export function sendItem<S extends Identified, R extends Identified>(
  request: Request,
  response: Response,
  resource: Resource<S, R>,
  state: S,
): void {
  const row = shownBy(resource, state);
  const body = new Hal(resource).item(request, state);
  if (row && body) sendTagged(request, response, row, body);
  else response.json(body);
}

/** 201 with the record, where it is, and its ETag. */
export function sendCreated<S extends Identified, R extends Identified>(
  request: Request,
  response: Response,
  resource: Resource<S, R>,
  state: S,
): void {
  response.status(201).location(`${baseOf(request)}/${resource.path}/${state.id}`);
  sendItem(request, response, resource, state);
}

/**
 * The decision, for the state of the record that the client has seen: with If-Match, another one is refused (412). It is
 * asked under the document's own etag, so nothing comes between.
 */
export const ifMatch =
  <S extends Identified, R extends Identified, D>(
    request: Request,
    resource: Resource<S, R>,
    decide: (state: S) => D,
  ): ((state: S) => D) =>
  (state) => {
    requireMatch(request, shownBy(resource, state));
    return decide(state);
  };
