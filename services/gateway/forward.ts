import {
  ANSWERED_BY,
  ClientGone,
  Problem,
  REFUSALS_AS_ANSWERS,
  type SidecarAnswer,
  type Transport,
  trace,
} from '../kit/index.ts';
import { readBody } from './body.ts';
import type { Exchange } from './exchange.ts';
import type { Guard } from './guard.ts';
import { passedOn, sizeOf } from './headers.ts';
import type { AllShares, Limits } from './limits.ts';
import { failure, passBack, unfinished, wholeAnswer } from './outcome.ts';
import type { Route } from './paths.ts';
import { sharedBreakers, timeLimits } from './routes.ts';
import { full, type Turns } from './turns.ts';

/** Room that is taken for every answer before it is asked for; nearly all are smaller. */
const ROOM = 16_384;

/** What holds a request to what is the caller's own, and who has the records that say so. */
export interface Ownership {
  readonly guard: Guard;
  routeOf(path: string): Route | undefined;
}

/** No record has this ETag: what is sent with it changes nothing. */
const NO_STATE = '"none"';

/** Passes requests on to services, through the sidecar. */
export class Forwarder {
  constructor(
    private readonly transport: Transport,
    private readonly limits: Limits,
    private readonly shares: AllShares,
    private readonly turns: Turns,
  ) {}

  /**
   * Passes one request on and its answer back. First the body, then a turn: who sends slowly takes no turn, nor who
   * reads slowly, since the answer is whole before the first byte of it goes out.
   * @param target path and query for the service
   * @param base address that its links begin with
   * @param isAdmitted the token was checked, and goes on
   * @param ownership undefined: the caller may do it with whatever there is
   * @throws Problem; ClientGone
   */
  async forward(
    exchange: Exchange,
    route: Route,
    target: string,
    base: string,
    isAdmitted: boolean,
    ownership?: Ownership,
  ): Promise<void> {
    const headers: Record<string, string> = {
      ...passedOn(exchange.request.headers, isAdmitted),
      'x-request-id': exchange.requestId,
      'x-public-base': base,
      traceparent: trace().traceparent,
    };
    const path = `/v1.0/invoke/${route.appId}/method${target}`;
    if (sizeOf(headers) + path.length > this.limits.head)
      throw new Problem(
        431,
        'Request Header Fields Too Large',
        `Address and headers that services read are together larger than ${this.limits.head} bytes; send less.`,
      );
    const body = await readBody(exchange, this.limits, this.shares.bodies);
    let answer: SidecarAnswer;
    let isAtWork = false;
    try {
      const wait = this.turns.enter(exchange);
      if (wait) await wait;
      isAtWork = true;
      if (!exchange.hold(ROOM)) throw full();
      const missing = ownership && (await this.look(exchange, ownership, headers, body?.bytes));
      answer = missing ?? (await this.ask(exchange, route.appId, { path, headers, body: body?.bytes }));
    } finally {
      if (isAtWork) this.turns.leave(exchange.address);
      body?.giveBack();
    }
    passBack(exchange, route.appId, ownership ? seenBy(ownership.guard, answer) : answer);
  }

  /**
   * Looks whose it is that a command is about.
   * @returns the answer, where there is nothing that the command could be about
   * @throws Refused 403: it is another's; Problem
   */
  private async look(
    exchange: Exchange,
    { guard, routeOf }: Ownership,
    headers: Record<string, string>,
    body: Buffer | undefined,
  ): Promise<SidecarAnswer | undefined> {
    if (exchange.isRead) {
      // Who is shown a part of a collection has a state of his own.
      delete headers['if-none-match'];
      return undefined;
    }
    const at = guard.looksAt(body, headers['content-encoding']);
    const route = at === undefined ? undefined : routeOf(at.split('?')[0] ?? '');
    if (at === undefined || !route) return undefined;
    const { 'x-request-id': id = '', 'x-public-base': base = '', traceparent = '' } = headers;
    const found = await this.ask(exchange, route.appId, {
      method: 'GET',
      path: `/v1.0/invoke/${route.appId}/method${at.slice(route.prefix.length)}`,
      headers: { 'x-request-id': id, 'x-public-base': base, traceparent },
      body: undefined,
    });
    if (!found.headers[ANSWERED_BY]) passBack(exchange, route.appId, found);
    if (found.status === 200) guard.check(found);
    else if (found.status !== 404 || !guard.isOfItself) return found;
    // It may have been ended by this very command, whose repetition has an answer. Should it come into being meanwhile, it stays.
    else headers['if-match'] = NO_STATE;
    return undefined;
  }

  /**
   * Asks a service, for as long and as much as one answer may take.
   * @throws Problem; ClientGone
   */
  private async ask(
    exchange: Exchange,
    appId: string,
    wanted: { method?: string; path: string; headers: Record<string, string>; body: Buffer | undefined },
  ): Promise<SidecarAnswer> {
    const { method = exchange.request.method ?? 'GET' } = wanted;
    // A breaker counts what a client breaks off or gets wrong as a failure of the service, and then keeps everybody from it.
    const isShared = sharedBreakers.has(appId);
    const headers = isShared ? { ...wanted.headers, [REFUSALS_AS_ANSWERS]: 'yes' } : wanted.headers;
    const ended = new AbortController();
    const isOver = { late: false, large: false };
    const noLonger = exchange.after(timeLimits.get(appId) ?? this.limits.forwardMs, () => {
      isOver.late = true;
      ended.abort();
    });
    const giveUp = (): void => {
      if (!isShared) ended.abort();
    };
    let arrived = 0;
    const admit = (bytes: number): boolean => {
      arrived += bytes;
      isOver.large ||= arrived > exchange.room && !exchange.hold(arrived - exchange.room);
      if (isOver.large) giveUp();
      return !isOver.large;
    };
    exchange.whenGone(giveUp);
    try {
      const answer = await this.transport.request({
        ...wanted,
        headers,
        method: method === 'HEAD' ? 'GET' : method, // the sidecar never ends its answer to HEAD
        signal: ended.signal,
        admit,
      });
      if (exchange.isGone) throw new ClientGone();
      if (arrived === 0) admit(answer.body.length);
      if (isOver.large) throw unfinished(exchange, 'Too many answers wait to be read');
      return wholeAnswer(exchange, appId, answer, isOver.late);
    } catch (error) {
      throw failure(exchange, appId, error, isOver.late);
    } finally {
      noLonger();
      exchange.whenGone(() => undefined);
    }
  }
}

/** What the caller may see of a service's answer; the sidecar's own word shows nothing. */
const seenBy = (guard: Guard, answer: SidecarAnswer): SidecarAnswer =>
  answer.headers[ANSWERED_BY] ? guard.seen(answer) : answer;
