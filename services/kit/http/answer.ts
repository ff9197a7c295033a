import type { Request, Response } from 'express';
import type { Identified } from '../domain/aggregate.ts';
import type { Page } from '../persistence/records.ts';
import { sendTagged } from './etag.ts';
import { baseOf, linkedCollection, linkedItem, type Names, type Resource, shownBy } from './resource.ts';

/** What a route answers. Its links and its Location lead to the address that the client called. */
export interface Answer {
  readonly status: 200 | 201 | 204;
  /** Path of the record that was made. */
  readonly location?: string;
  /** What the ETag stands for; undefined: the answer has none. */
  readonly tagged?: object | undefined;
  body?(request: Request): unknown;
}

/** 200 with any JSON. */
export const ok = (body: unknown): Answer => ({ status: 200, body: () => body });

/** 204. */
export const noContent: Answer = { status: 204 };

/** 200 with a row that clients may see, its links and its ETag. */
export const rowAnswer = (names: Names, row: Identified): Answer => ({
  status: 200,
  tagged: row,
  body: (request) => linkedItem(request, names, row),
});

/** 200 with a record as clients see it, its links and its ETag. */
export function itemAnswer<S extends Identified, R extends Identified>(resource: Resource<S, R>, state: S): Answer {
  const row = shownBy(resource, state);
  return row ? rowAnswer(resource, row) : ok(undefined);
}

/** 201 with the record, where it is, and its ETag. */
export const createdAnswer = <S extends Identified, R extends Identified>(
  resource: Resource<S, R>,
  state: S,
): Answer => ({ ...itemAnswer(resource, state), status: 201, location: `/${resource.path}/${state.id}` });

/**
 * 200 with rows that clients may see.
 * @param page which page they are; undefined: they are a plain list
 */
export const collectionAnswer = (
  names: Names,
  rows: readonly Identified[],
  page?: Omit<Page<unknown>, 'items'>,
): Answer => ({ status: 200, body: (request) => linkedCollection(request, names, rows, page) });

/** Sends an answer; a GET whose client has it already gets 304. */
export function send(request: Request, response: Response, answer: Answer): void {
  const { status, location, tagged } = answer;
  response.status(status);
  if (location !== undefined) response.location(`${baseOf(request)}${location}`);
  if (!answer.body) response.end();
  else if (tagged) sendTagged(request, response, tagged, Object(answer.body(request)));
  else response.json(answer.body(request));
}
