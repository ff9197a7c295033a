import { type Own, Problem, type SidecarAnswer } from '../kit/index.ts';
import { forbidden } from './admission.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One request of somebody who may do this with what is his own, and with nothing else. */
export interface Asked {
  readonly own: Own;
  /** Who asks, as the records name him. */
  readonly person: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Parts of the path by their names. */
  readonly parts: Readonly<Record<string, string>>;
  /** The search by owner that the collection at this path has, if it has one. */
  readonly search?: string | undefined;
}

/** Holds a request, and its answer, to what is the caller's own. */
export class Guard {
  /** Path and query that are asked for: of a collection that can be sought by owner, the caller's rows. */
  readonly target: string;
  private readonly isRead: boolean;

  /** @throws Refused 403: it asks for what is another's */
  constructor(private readonly asked: Asked) {
    const { own, method, path, query, parts, search, person } = asked;
    this.isRead = method === 'GET' || method === 'HEAD';
    const sought = new URLSearchParams(query).getAll(own.own);
    if ([...sought, parts[own.own] ?? person].some((value) => value !== person)) throw this.notYours();
    const more = search && sought.length === 0 ? `${own.own}=${encodeURIComponent(person)}` : '';
    this.target =
      (search ?? path) +
      [query, more]
        .filter(Boolean)
        .join(query ? '&' : '?')
        .replace(/^(?!\?|$)/, '?');
  }

  /**
   * Checks what is sent.
   * @param coding its Content-Encoding
   * @returns public path and query of what has to be his own before it is passed on; undefined: nothing has to be looked at
   * @throws Refused 403; Problem 400, 415
   */
  looksAt(body: Buffer | undefined, coding = 'identity'): string | undefined {
    if (this.isRead) return undefined;
    const { own, method, path, parts, person } = this.asked;
    if (coding !== 'identity')
      throw new Problem(415, 'Unsupported Media Type', 'Send the body as it is: whose it is has to be read here.');
    const sent = body ? fieldsOf(body) : {};
    const { unless } = own;
    if (unless && Object.entries(unless).every(([name, value]) => fieldOf(sent, name) === value)) return undefined;
    const named = fieldOf(sent, own.own);
    const isMade = own.of === undefined && (method === 'PUT' || parts.id === undefined);
    if (named === undefined ? isMade : named !== person) throw this.notYours();
    if (own.of === undefined) return isMade && method !== 'PUT' ? undefined : path;
    return own.of.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = parts[name] ?? fieldOf(sent, name);
      if (value === undefined || value === '') throw forbidden(`Name ${name}: it says whether this is yours.`);
      return encodeURIComponent(value);
    });
  }

  /** Whether a record that is not there is the one that is to be changed: then only a repetition can have an answer. */
  get isOfItself(): boolean {
    return this.asked.own.of === undefined;
  }

  /** @throws Refused 403 unless what was looked at is his own */
  check(answer: SidecarAnswer): void {
    const found = fieldsOf(answer.body);
    const rows = rowsIn(found);
    const all = rows ? rows.flatMap(([, list]) => list) : [found];
    if (all.length === 0 || !all.every((row) => this.isOwn(row))) throw this.notYours();
  }

  /** What he may see of an answer. @throws Refused 403 where it is one record that is another's */
  seen(answer: SidecarAnswer): SidecarAnswer {
    if (!this.isRead || answer.status !== 200) return answer;
    const found = fieldsOf(answer.body);
    const rows = rowsIn(found);
    if (!rows) {
      // A search for one that answers what it found, or null, under `data`.
      if (!('data' in found && this.asked.parts[this.asked.own.own]) && !this.isOwn(found)) throw this.notYours();
      return answer;
    }
    const own = rows.map(([name, list]) => [name, list.filter((row) => this.isOwn(row))]);
    const { etag: _, ...headers } = answer.headers;
    const body = Buffer.from(JSON.stringify({ ...found, _embedded: Object.fromEntries(own) }));
    return { ...answer, headers, body };
  }

  private isOwn(row: unknown): boolean {
    return fieldOf(row, this.asked.own.own) === this.asked.person;
  }

  private notYours(): Problem {
    const { own, person } = this.asked;
    return forbidden(`Your token is of ${own.own} "${person}", and this is not: you may do it with your own only.`);
  }
}

/** @throws Problem 400 for what is no JSON object */
function fieldsOf(body: Buffer): Fields {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Problem(400, 'Bad Request', 'The body must be a JSON object.');
}

/** Texts and numbers are the same here: clients send either. */
function fieldOf(row: unknown, name: string): string | undefined {
  if (typeof row !== 'object' || row === null || !Object.hasOwn(row, name)) return undefined;
  const value = (row as Fields)[name];
  if (value === null || value === undefined) return undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The lists of a collection by their names; undefined: it is none. */
function rowsIn({ _embedded: embedded }: Fields): [string, readonly unknown[]][] | undefined {
  if (typeof embedded !== 'object' || embedded === null) return undefined;
  return Object.entries(embedded).map(([name, list]) => [name, Array.isArray(list) ? list : []]);
}
