import type { Request } from 'express';
import type { z } from 'zod';
import type { Aggregate, Identified } from '../domain/aggregate.ts';
import type { Page } from '../persistence/records.ts';
import { queryOf } from './body.ts';

/** How the records of one kind are named in paths and links. */
export interface Names {
  /** Plural, first part of the path: `courses`. */
  readonly path: string;
  /** The item's own name, for its link: `course`. */
  readonly item: string;
}

/** How a kind of record is shown. `S`: what is stored, `R`: what clients see. */
export interface Resource<S extends Identified, R extends Identified> extends Names {
  readonly kind: Aggregate<S>;
  /** Schema of what clients see, without links: for the documents, answers are not held against it. */
  readonly answer: z.ZodType<R>;
  /** True: unless a page is asked for, the collection is a plain list (of the newest 1,000). */
  readonly plain?: boolean;
  show?(state: S): R | undefined;
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

/** The path that the client called: ours may stand behind a prefix that we do not see. */
export const calledPath = (request: Request): string =>
  new URL(baseOf(request)).pathname.replace(/\/$/, '') + request.path;

/** A record as clients see it; undefined: they do not. */
export const shownBy = <S extends Identified, R extends Identified>(
  resource: Resource<S, R>,
  state: S,
): R | undefined => (resource.show ? resource.show(state) : (state as unknown as R));

/** A row with the links of HAL. */
export function linkedItem(request: Request, { path, item }: Names, row: Identified): object {
  const self = { href: `${baseOf(request)}/${path}/${row.id}` };
  return { ...row, _links: { self, [item]: self } };
}

/** Rows, each with its links, and the links that lead on where it is a page. */
export function linkedCollection(
  request: Request,
  names: Names,
  rows: readonly Identified[],
  page?: Omit<Page<unknown>, 'items'>,
): object {
  const target = request.originalUrl.split('?')[0];
  const at = (number: number): { href: string } => {
    const asked = { size: String(page?.size), ...queryOf(request), page: String(number) };
    return { href: `${baseOf(request)}${target}?${new URLSearchParams(asked)}` };
  };
  const links = page && {
    ...(page.number > 0 ? { first: at(0), prev: at(page.number - 1) } : {}),
    ...(page.next === undefined ? {} : { next: at(page.next) }),
  };
  return {
    _embedded: { [names.path]: rows.map((row) => linkedItem(request, names, row)) },
    _links: { self: { href: `${baseOf(request)}${request.originalUrl}` }, ...links },
    ...(page ? { page: { number: page.number, size: page.size } } : {}),
  };
}
