import { Problem } from '../kit/index.ts';

/** What a request is about: a path of plain characters, which nobody behind us reads differently. */
export interface Target {
  readonly path: string;
  /** With its `?`, as it was sent; empty without one. */
  readonly query: string;
  /** Host and port of an absolute-form target (RFC 9112, 3.2.2); they stand for the Host header. */
  readonly authority?: string | undefined;
}

/** A public path and what it stands for. */
export interface Route {
  readonly path: string;
  readonly appId: string;
  /** What is cut off the path, since the service does not know it. */
  readonly prefix: string;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/is;
const PLAIN = /^\/[\w.~!$&'()*+,;=:@/-]*$/;
const NO_PATH = /\/\/|\/\.{1,2}(?:\/|$)/;
const QUERY = /^\?[\x21\x24-\x7e]*$/;

/**
 * Reads the target of a request, in origin or absolute form. The sidecar decodes and cleans paths before it chooses what
 * to call, so whatever is not the same after that names nothing.
 * @param longest characters of path and query
 * @throws Problem 400, 404 or 414
 */
export function targetOf(url: string, longest: number): Target {
  let rest = url;
  let authority: string | undefined;
  if (!url.startsWith('/')) {
    const [, host = '', behind = ''] = ABSOLUTE.exec(url) ?? [];
    if (host === '')
      throw new Problem(
        400,
        'Bad Request',
        'The target must be a path that begins with /, or an address of this host.',
      );
    authority = host;
    rest = behind.startsWith('/') ? behind : `/${behind}`;
  }
  if (rest.length > longest)
    throw new Problem(414, 'URI Too Long', `Path and query together are longer than ${longest} characters; send less.`);
  const mark = rest.indexOf('?');
  const path = plain(mark < 0 ? rest : rest.slice(0, mark));
  const query = mark < 0 ? '' : rest.slice(mark);
  if (query) checkQuery(query);
  return { path, query, authority };
}

/** The path with what may be written plainly written plainly (RFC 3986, 6.2.2.2). */
function plain(raw: string): string {
  const path = raw.includes('%') ? decodedWhereEqual(raw) : raw;
  if (!PLAIN.test(path) || NO_PATH.test(path)) throw nothingHere();
  return path;
}

/** What is said of every path that is not public, whatever is behind it. */
export const nothingHere = (): Problem =>
  new Problem(404, 'Not Found', 'There is nothing at this path; use the links of / to find your way.');

function decodedWhereEqual(path: string): string {
  if (!isText(path)) throw new Problem(400, 'Bad Request', 'The path has a % that does not stand for a character.');
  return path.replace(/%[0-9a-f]{2}/gi, (coded) => {
    const character = String.fromCharCode(Number.parseInt(coded.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : coded;
  });
}

function checkQuery(query: string): void {
  if (!QUERY.test(query))
    throw new Problem(400, 'Bad Request', 'The query has characters that must be written as % and two digits.');
  if (query.includes('%') && !isText(query))
    throw new Problem(400, 'Bad Request', 'The query has a % that does not stand for a character.');
}

function isText(coded: string): boolean {
  try {
    decodeURIComponent(coded);
    return true;
  } catch {
    return false;
  }
}

/** The table of a system, read once. */
export const routesOf = (table: Readonly<Record<string, string>>): readonly Route[] =>
  Object.entries(table).map(([path, target]) => {
    const [appId = '', prefix = ''] = target.split(' behind ');
    return { path, appId, prefix };
  });

/** The route a path belongs to: the same, or something under it. */
export const routeOf = (routes: readonly Route[], path: string): Route | undefined =>
  routes.find(
    (route) => path.startsWith(route.path) && (path.length === route.path.length || path[route.path.length] === '/'),
  );
