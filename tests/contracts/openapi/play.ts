import fc from 'fast-check';
import { type Answer, Document, type Operation } from './document.ts';
import { bad, good, type Wanted } from './requests.ts';

/** What came of requests that are made of a document alone. */
export interface Report {
  readonly requests: number;
  /** How many answers had which status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Operations that never succeeded: what they do was not seen. */
  readonly unseen: readonly string[];
  /** What is not as the document says: each once, with the first request that showed it. */
  readonly findings: readonly string[];
}

/** Requests under way at a time. */
const AT_ONCE = 4;
/** Requests of one operation that are made at a time. */
const BATCH = 25;
const TIMEOUT_MS = 20_000;

/**
 * Asks a running system for everything its document describes: what is right, at the bounds, and wrong.
 * @param requests how many at least; every operation has its share
 * @param seed the same requests again
 * @param found is told each finding when it is made
 */
export async function play(
  gateway: string,
  requests: number,
  seed: number,
  found: (finding: string) => void = () => undefined,
): Promise<Report> {
  const player = new Player(gateway, await Document.of(gateway), found);
  await player.look();
  for (let round = 0; player.sent < requests; round++) await player.round(requests - player.sent, seed + round);
  return player.report;
}

class Player {
  sent = 0;
  private readonly statuses: Record<string, number> = {};
  private readonly findings = new Map<string, string>();
  private readonly succeeded = new Set<Operation>();
  /** Highest number in a collection before the first request: records of others are read, and left alone. */
  private readonly before = new Map<string, number>();
  private readonly own = new Map<string, number[]>();

  constructor(
    private readonly gateway: string,
    private readonly document: Document,
    private readonly found: (finding: string) => void,
  ) {}

  get report(): Report {
    return {
      requests: this.sent,
      statuses: this.statuses,
      unseen: this.document.operations
        .filter((one) => !this.succeeded.has(one))
        .map(({ method, path }) => `${method} ${path}`),
      findings: [...this.findings.values()],
    };
  }

  /** Notes which records are there. */
  async look(): Promise<void> {
    for (const { method, path } of this.document.operations) {
      if (method !== 'GET' || path.includes('{') || path.includes('/search/')) continue;
      this.before.set(path, Math.max(0, ...idsIn(await this.answerOf(path, 'GET', { sort: 'id,desc', size: '1' }))));
    }
  }

  /** A share for every operation: two thirds as the document asks for, those that make records first. */
  async round(left: number, seed: number): Promise<void> {
    const { operations } = this.document;
    const share = Math.min(BATCH, Math.max(1, Math.ceil(left / operations.length)));
    const rank = ({ method }: Operation): number => ['POST', 'GET', 'PATCH', 'PUT', 'DELETE'].indexOf(method);
    for (const [index, operation] of [...operations].sort((a, b) => rank(a) - rank(b)).entries()) {
      const wrong = bad(this.document, operation);
      const right = { arbitrary: good(this.document, operation), weight: 2 };
      const wanted = fc.sample(wrong ? fc.oneof(right, { arbitrary: wrong, weight: 1 }) : right.arbitrary, {
        numRuns: share,
        seed: seed * 1_009 + index,
      });
      const waiting = [...wanted];
      const lane = async (): Promise<void> => {
        for (let next = waiting.shift(); next; next = waiting.shift()) await this.ask(next);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, lane));
    }
  }

  private async ask(wanted: Wanted): Promise<void> {
    const { operation, fault, query, headers, body } = wanted;
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => this.valueOf(operation, wanted.path[name]));
    this.sent++;
    try {
      const answer = await this.answerOf(path, operation.method, query, headers, body);
      this.statuses[answer.status] = (this.statuses[answer.status] ?? 0) + 1;
      if (answer.status < 400) this.succeeded.add(operation);
      if (answer.status === 201 || (answer.status === 200 && operation.method === 'GET'))
        this.learn(operation.path, answer);
      const wrong = this.document.undeclared(operation, answer) ?? unfit(fault, answer);
      if (wrong) this.find(wanted, path, wrong, answer.text);
    } catch (error) {
      this.find(wanted, path, `it does not answer: ${error instanceof Error ? error.message : error}`, '');
    }
  }

  private async answerOf(
    path: string,
    method: string,
    query: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<Answer> {
    const asked = new URLSearchParams(query).toString();
    const response = await fetch(`${this.gateway}${path}${asked ? `?${asked}` : ''}`, {
      method,
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  /** A value of the path: one that stands in the request, or a record of this run. */
  private valueOf({ path }: Operation, value: string | number | undefined): string {
    if (typeof value === 'string') return encodeURIComponent(value);
    const all = this.own.get(collectionOf(path)) ?? [...this.own.values()].flat();
    return String(all[Math.floor((value ?? 0) * all.length)] ?? 999_999_999);
  }

  private learn(path: string, answer: Answer): void {
    const collection = collectionOf(path);
    const known = this.own.get(collection) ?? [];
    const fresh = idsIn(answer).filter((id) => id > (this.before.get(collection) ?? 0) && !known.includes(id));
    if (fresh.length > 0) this.own.set(collection, [...known, ...fresh].slice(-200));
  }

  private find({ operation, fault, query, headers, body }: Wanted, path: string, what: string, text: string): void {
    const { method } = operation;
    const key = `${method} ${operation.path} ${what.replaceAll(/\d+/g, '#')}`;
    if (this.findings.has(key)) return;
    const asked = JSON.stringify({ query, headers, ...(body === undefined ? {} : { body: body.slice(0, 500) }) });
    const asker = `${method} ${path} (${fault ?? 'as the document asks for'})`;
    this.findings.set(key, `${asker}: ${what}\n  ${asked}\n  ${text.slice(0, 300)}`);
    this.found(this.findings.get(key) ?? '');
  }
}

const collectionOf = (path: string): string => path.replace(/\/(\{|search\/).*$/, '');

/** A request that the document allows is not called wrong, one that it does not is refused; a moment's overload excuses both. */
function unfit(fault: string | undefined, { status }: Answer): string | undefined {
  if (status === 503) return undefined;
  if (fault === undefined)
    return [400, 413, 415].includes(status) ? `it answers ${status} to what the document allows` : undefined;
  return status < 400 ? `it answers ${status} to what the document does not allow` : undefined;
}

/** The numbers of the records in an answer. */
function idsIn({ text }: Answer): number[] {
  try {
    const { id, _embedded = {} } = JSON.parse(text) as { id?: unknown; _embedded?: Record<string, { id?: unknown }[]> };
    return [
      id,
      ...Object.values(_embedded)
        .flat()
        .map((row) => row.id),
    ].filter((one) => typeof one === 'number');
  } catch {
    return [];
  }
}
