import type { Row } from '../harness/collection.ts';
import type { Findings, Violation } from './findings.ts';
import { randomFrom } from './parts.ts';
import type { Shown } from './shown.ts';
import type { Way } from './way.ts';

/** What the crash test does with one system: commands by clients who know how each must end, and a judgement. */
export interface Subject {
  readonly system: string;
  /** Sends a command with each `next`, one after the other, about records of its own, so it knows how each must end. */
  client(session: ClientSession): { next(): Promise<void> };
  /** Compares what there is with what the clients were answered. */
  judge(findings: Findings, shown: Shown): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly body: Row;
  /** An earlier try with the same key may have had the effect. */
  readonly unsure: boolean;
}

/** The number of the record an answer shows. */
export const idOf = ({ body }: Answer): number =>
  Number(/(\d+)$/.exec((body._links as { self: { href: string } } | undefined)?.self.href ?? '')?.[1] ?? 0);

/** A client that gets no definite answer for so long makes the test fail. */
const PATIENCE_MS = 180_000;

/** What all clients of a test met. */
export class Log {
  accepted = 0;
  refused = 0;
  unknown = 0;
  tries = 0;
  keys = 0;
  readonly oddities: Violation[] = [];
  /** Milliseconds that each try took, whatever came of it. */
  readonly took: number[] = [];
  /** What refused commands were answered, by what they are about. */
  readonly refusals: string[] = [];
}

/** Where one client sits: how it sends commands to one system's gateway, and its own random source. */
export class ClientSession {
  private readonly random: () => number;
  private names = 0;

  constructor(
    private readonly way: Way,
    private readonly log: Log,
    readonly number: number,
    private readonly seed: number,
    private readonly patienceMs = PATIENCE_MS,
  ) {
    this.random = randomFrom(seed * 1000 + number);
  }

  /** Between 0 and 1. */
  dice(): number {
    return this.random();
  }

  /** A whole number from 1 on. */
  upTo(most: number): number {
    return 1 + Math.floor(this.random() * most);
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.random() * from.length)];
  }

  /** A name no other client gives, and this one only once. */
  name(): string {
    return `c${this.number}-${this.names++}-${this.seed}`;
  }

  /** The records a search or collection shows now; none while it cannot be read. */
  async see(path: string): Promise<Row[]> {
    const answer = await this.way.ask({ method: 'GET', path, limitMs: 10_000 });
    if (answer?.status !== 200) return [];
    const shown = json(answer.text);
    if (!shown) this.log.oddities.push({ about: path, what: `GET ${path} was answered 200 ${answer.text}: no JSON` });
    const { _embedded = {} } = (shown ?? {}) as { _embedded?: Record<string, Row[]> };
    return Object.values(_embedded)[0] ?? [];
  }

  /** Reports an answer that is no success, unless it is 503, which is nobody's fault. @returns whether it is a success */
  accepted(answer: Answer, what: string): boolean {
    if (answer.status >= 300 && answer.status !== 503)
      this.log.oddities.push({
        about: what,
        what: `was refused: ${answer.status} ${JSON.stringify(answer.body)}, ${answer.unsure ? 'after an unknown outcome' : 'at the first try'}`,
      });
    return answer.status > 0 && answer.status < 300;
  }

  /**
   * Sends a command once and never comes back: the client may even leave in the middle of it. What it began has to be
   * finished or undone by itself, so the judge takes either, as long as it is whole.
   * @returns whether it was accepted; false says nothing
   */
  async leave(method: string, path: string, body?: object): Promise<boolean> {
    const { log } = this;
    const key = `crash-${this.seed}-${++log.keys}`;
    log.tries++;
    const limitMs = this.dice() < 0.5 ? this.upTo(60) : 30_000;
    const answer = await this.way.ask({ method, path, headers: { 'idempotency-key': key }, body, limitMs });
    const status = answer?.status ?? 0;
    if (status >= 400 && status < 500)
      log.oddities.push({ about: key, what: `${method} ${path} was refused at the first try: ${status}` });
    if (status > 0 && status < 300) log.accepted++;
    else log.unknown++;
    return status > 0 && status < 300;
  }

  /**
   * Sends a command with an Idempotency-Key again and again until the answer is definite.
   * @param options.untilDone also after a clear "not now": for commands that say of themselves that they have to be repeated
   */
  async command(
    method: string,
    path: string,
    body?: object,
    { untilDone = false }: { untilDone?: boolean } = {},
  ): Promise<Answer> {
    const { log } = this;
    const key = `crash-${this.seed}-${++log.keys}`;
    const end = this.way.now() + this.patienceMs;
    for (let unsure = false; ; unsure = true) {
      log.tries++;
      const began = this.way.now();
      const sent = await this.way.ask({ method, path, headers: { 'idempotency-key': key }, body, limitMs: 30_000 });
      log.took.push(this.way.now() - began);
      const said = sent && json(sent.text);
      const answer = sent && { status: sent.status, body: said ?? {}, unsure };
      if (sent && !said)
        log.oddities.push({ about: key, what: `${method} ${path} was answered ${sent.status} ${sent.text}: no JSON` });
      if (answer && answer.status < 300) {
        log.accepted++;
        return answer;
      }
      if (answer && answer.status >= 500 && answer.status !== 503 && !untilDone)
        log.oddities.push({
          about: key,
          what: `${method} ${path} was answered ${answer.status} ${sent.text.slice(0, 400)}`,
        });
      const definite = answer && (answer.status < 500 || (answer.status === 503 && answer.body.outcome !== 'unknown'));
      // A definite refusal after an unknown outcome says nothing about the earlier try, unless it is about the command itself.
      if (definite && (answer.status < 500 || (!unsure && !untilDone))) {
        log.refused++;
        log.refusals.push(
          `${method} ${path} ${body ? JSON.stringify(body) : ''}, key ${key}, was refused: ${answer.status} ${sent.text.slice(0, 400)}${unsure ? ', after an unknown outcome' : ''}`,
        );
        if (answer.status === 503) await this.way.sleep(300);
        return answer;
      }
      log.unknown++;
      if (this.way.now() > end) {
        log.oddities.push({
          about: key,
          what: `${method} ${path} got no definite answer in ${this.patienceMs / 1000} s, last ${sent?.status} ${sent?.text.slice(0, 300)}`,
        });
        return answer ?? { status: 0, body: {}, unsure };
      }
      await this.way.sleep(150 + 350 * this.random());
    }
  }
}

/** What an answer says, which is nothing where it is empty; undefined where it is no JSON. */
export function json(text: string): Row | undefined {
  try {
    return text === '' ? {} : ((JSON.parse(text) ?? {}) as Row);
  } catch {
    return undefined;
  }
}
