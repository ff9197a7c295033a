import { continueTrace, Problem, type Sidecar, withTrace } from '../kit/index.ts';
import { Rules } from './access.ts';
import { Refused } from './admission.ts';
import { preflight } from './cors.ts';
import { documentFor } from './document.ts';
import type { Exchange, Surroundings } from './exchange.ts';
import { Forwarder } from './forward.ts';
import { checkFrame } from './frame.ts';
import { type Options, settingsOf } from './options.ts';
import { isBrowser, Page, placeOf } from './page.ts';
import { nothingHere, type Route, routeOf, routesOf, targetOf } from './paths.ts';
import type { PublicBase } from './public-base.ts';
import { clientOf, Rate } from './rate.ts';
import { readiness } from './readiness.ts';
import { notAllowed, refuse, tooManyConnections } from './refusals.ts';
import { routes } from './routes.ts';
import type { Settings } from './settings.ts';
import { Turns } from './turns.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Who is at the other end of a connection. */
export interface Peer {
  /** Whose share of the limits it takes, by its address. */
  readonly share: string;
  /** It is a proxy that is believed who it speaks for. */
  readonly isTrusted: boolean;
  /** Its connection is beyond the limit. */
  readonly isOver: boolean;
}

/** What becomes of a request: who may send it, and who answers it. */
export class Dispatcher {
  private readonly routes: readonly Route[];
  private readonly turns: Turns;
  private readonly rate = new Rate();
  private readonly forwarder: Forwarder;
  private readonly page: Page | undefined;
  private readonly rules: Rules | undefined;
  private readonly ready: () => Promise<boolean>;

  constructor(
    private readonly sidecar: Sidecar,
    private readonly options: Options,
    private readonly outside: PublicBase,
    private readonly around: Surroundings,
  ) {
    this.routes = routesOf(routes[sidecar.system] ?? {});
    this.ready = readiness(options.probe ?? sidecar.transport);
    this.turns = new Turns(
      () => this.settings,
      () => around.context.clock.monotonic(),
    );
    this.forwarder = new Forwarder(sidecar.transport, around.limits, around.shares, this.turns);
    this.page = options.page && new Page(options.page, options.signIn);
    this.rules = options.admission && options.document && new Rules(options.document);
  }

  private get settings(): Settings {
    return settingsOf(this.options);
  }

  /** Looks whose wait takes too long. */
  look(now: number): void {
    this.turns.look(now);
  }

  /** Answers a request, whatever comes of it. */
  begin(exchange: Exchange, from: Peer): void {
    const { request } = exchange;
    if (request.url === '/healthz') exchange.answer(204, {});
    else if (request.url === '/readyz') void this.ready().then((is) => exchange.answer(is ? 204 : 503, {}));
    // Its sidecar asks it at its start, without a token, and takes this for "no subscriptions"; so does everybody else.
    else if (request.url === '/dapr/subscribe') refuse(exchange, nothingHere());
    else if (this.options.following?.isConfigurationChange(request, from.share)) exchange.answer(200, {});
    else
      withTrace(continueTrace(request.headers.traceparent, { requestId: exchange.requestId }), () => {
        this.handle(exchange, from).catch((error) => this.failed(exchange, error));
      });
  }

  private async handle(exchange: Exchange, from: Peer): Promise<void> {
    const { request } = exchange;
    const { method = '', headers } = request;
    if (from.isOver) throw tooManyConnections();
    checkFrame(exchange);
    const asked = preflight(method, headers);
    if (asked) return exchange.answer(204, asked);
    const { path, query, authority } = targetOf(request.url ?? '', this.around.limits.target);
    const { base, address } = this.outside.of(headers, from.share, from.isTrusted, authority);
    exchange.address = address;
    if (base === undefined) throw new Problem(400, 'Bad Request', 'Send the header Host: links begin with it.');
    if (!METHODS.includes(method)) throw notAllowed(exchange, METHODS);
    if (this.page && this.show(exchange, this.page, path, base)) return;
    const caller = await this.options.admission?.(headers.authorization);
    if (this.settings.GATEWAY_RATE_REQUESTS > 0)
      await this.rate.count(exchange, clientOf(address, caller?.subject), this.settings);
    if (exchange.isGone) return;
    if (caller && path === '/app/me.json') return sendJson(exchange, { person: caller.person, roles: caller.roles });
    const route = routeOf(this.routes, path);
    if (path === '/') return this.index(exchange, base);
    const { document } = this.options;
    if (path === '/openapi.json' && document) return this.document(exchange, base, document);
    if (!route) throw nothingHere();
    const guard = caller && this.rules?.permit(caller, method, path, query);
    const target = (guard?.target ?? path + query).slice(route.prefix.length);
    const ownership = guard && { guard, routeOf: (at: string) => routeOf(this.routes, at) };
    await this.forwarder.forward(exchange, route, target, base + route.prefix, caller !== undefined, ownership);
  }

  /** Answers with what went wrong. Who is not let in has used a request of his address, if it was not counted yet. */
  private failed(exchange: Exchange, error: unknown): void {
    if (error instanceof Refused && this.settings.GATEWAY_RATE_REQUESTS > 0 && !exchange.headers.ratelimit)
      this.rate.count(exchange, clientOf(exchange.address, undefined), this.settings).then(
        () => refuse(exchange, error),
        (tooMany) => refuse(exchange, tooMany),
      );
    else refuse(exchange, error);
  }

  private document(exchange: Exchange, base: string, document: object): void {
    sendJson(exchange, documentFor(document, base, this.options.admission?.endpoints?.()));
  }

  /**
   * Shows the page, to whoever asks for it: it holds nothing that is not public. A browser at `/` is sent there.
   * @returns false when something else was asked for
   */
  private show(exchange: Exchange, page: Page, path: string, base: string): boolean {
    const { headers } = exchange.request;
    const isEntry = path === '/app' || (path === '/' && exchange.isRead && isBrowser(headers));
    const file = isEntry ? undefined : page.at(path, headers);
    if (!isEntry && !file) return false;
    if (!exchange.isRead) throw notAllowed(exchange, ['GET', 'HEAD']);
    // Only where TLS is known to be: the host would be closed to plain HTTP for a year.
    if (base.startsWith('https:')) exchange.headers['strict-transport-security'] = 'max-age=31536000';
    if (file) exchange.answer(file.status, file.headers, file.body);
    else exchange.answer(302, { location: placeOf(base), vary: 'Accept, Origin', 'cache-control': 'no-cache' });
    return true;
  }

  /** The links from which everything public is found. */
  private index(exchange: Exchange, base: string): void {
    const links = this.routes.map(({ path }) => [path.slice(1), { href: base + path }]);
    sendJson(exchange, { system: this.sidecar.system, _links: Object.fromEntries(links) });
  }
}

/** Answers what the gateway itself has for those who read. @throws Problem (405) */
function sendJson(exchange: Exchange, body: object): void {
  if (!exchange.isRead) throw notAllowed(exchange, ['GET', 'HEAD']);
  exchange.answer(200, { 'content-type': 'application/json; charset=utf-8' }, JSON.stringify(body));
}
