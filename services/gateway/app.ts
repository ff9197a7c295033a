import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  type Context,
  continueTrace,
  Problem,
  realContext,
  type Sidecar,
  type Transport,
  withTrace,
} from '../kit/index.ts';
import { Rules } from './access.ts';
import { type Admission, Refused } from './admission.ts';
import { Connection } from './connection.ts';
import { preflight } from './cors.ts';
import { documentFor } from './document.ts';
import { Exchange, type Surroundings } from './exchange.ts';
import type { Following } from './following.ts';
import { Forwarder } from './forward.ts';
import { checkFrame } from './frame.ts';
import { type AllShares, LIMITS, type Limits, sharesOf } from './limits.ts';
import { isBrowser, Page, type PageFiles, placeOf, type SignIn } from './page.ts';
import { nothingHere, type Route, routeOf, routesOf, targetOf } from './paths.ts';
import { PublicBase } from './public-base.ts';
import { clientOf, Rate } from './rate.ts';
import { readiness } from './readiness.ts';
import { notAllowed, refuse, tooManyConnections } from './refusals.ts';
import { routes } from './routes.ts';
import { entranceServer } from './server.ts';
import { SETTINGS, type Settings } from './settings.ts';
import { shareOf } from './share.ts';
import { Turns } from './turns.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** What a gateway may be given beside its sidecar. */
export interface Options {
  /** Decides who is let in, who may then do what the document says; without it, everybody may do everything. */
  readonly admission?: Admission | undefined;
  readonly outside?: PublicBase | undefined;
  /** Its own way to the sidecar, so that nobody who asks whether it is ready waits behind clients. */
  readonly probe?: Transport | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** The configuration, which it follows. */
  readonly following?: Pick<Following, 'settings' | 'isConfigurationChange'> | undefined;
  /** The OpenAPI document of the system, for GET /openapi.json. */
  readonly document?: object | undefined;
  /** The page for people, under /app/. */
  readonly page?: PageFiles | undefined;
  /** How people sign in to it. */
  readonly signIn?: SignIn | undefined;
  /** Time and chance; those of the machine where nothing is said. */
  readonly context?: Context | undefined;
}

/**
 * The one entrance of a system: forwards its public routes through the sidecar, and nothing else. Who takes too much of it is
 * refused (limits.ts), so that the others are served. It is a server that does not listen yet.
 */
export function gateway(sidecar: Sidecar, options: Options = {}): Server {
  const entrance = new Entrance(sidecar, options);
  const server = entranceServer(entrance, entrance.limits);
  const stop = entrance.context.clock.every(entrance.limits.lookMs, () => entrance.look());
  return server.once('close', stop);
}

class Entrance implements Surroundings {
  readonly limits: Limits;
  readonly shares: AllShares;
  readonly context: Context;
  private readonly routes: readonly Route[];
  private readonly outside: PublicBase;
  private readonly turns: Turns;
  private readonly rate = new Rate();
  private readonly forwarder: Forwarder;
  private readonly page: Page | undefined;
  private readonly rules: Rules | undefined;
  private readonly connections = new Map<Socket, Connection>();
  private readonly ready: () => Promise<boolean>;

  constructor(
    private readonly sidecar: Sidecar,
    private readonly options: Options,
  ) {
    this.context = options.context ?? realContext;
    this.limits = { ...LIMITS, ...options.limits };
    this.shares = sharesOf(this.limits);
    this.routes = routesOf(routes[sidecar.system] ?? {});
    this.outside = options.outside ?? new PublicBase();
    this.ready = readiness(options.probe ?? sidecar.transport);
    this.turns = new Turns(
      () => this.settings,
      () => this.context.clock.monotonic(),
    );
    this.forwarder = new Forwarder(sidecar.transport, this.limits, this.shares, this.turns);
    this.page = options.page && new Page(options.page, options.signIn);
    this.rules = options.admission && options.document && new Rules(options.document);
  }

  origins = (): string => this.settings.GATEWAY_ORIGINS;

  private get settings(): Settings {
    return this.options.following?.settings ?? SETTINGS;
  }

  connected(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const peer = shareOf(address);
    const isTrusted = this.outside.trusts(address);
    // The clients of a trusted proxy come by its connections; they are told apart by request.
    const share = isTrusted ? `${peer}:${socket.remotePort}` : peer;
    const isOver = !this.shares.connections.take(share);
    const begin = (exchange: Exchange): void => this.begin(exchange, peer, isTrusted);
    const connection = new Connection(socket, share, isOver, this.limits, this.shares, begin);
    this.connections.set(socket, connection);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.connections.delete(socket);
      if (!isOver) this.shares.connections.give(share);
      connection.close();
    });
  }

  requested(request: IncomingMessage, response: ServerResponse, isWaiting: boolean): void {
    const connection = this.connections.get(request.socket);
    if (!connection) return;
    const exchange = new Exchange(request, response, connection.share, this, isWaiting);
    // Node throws away what came together with a request for another protocol: a client must not wait for its answer.
    if (connection.isOver || request.headers.upgrade !== undefined) exchange.headers.connection = 'close';
    connection.add(exchange);
  }

  unreadable(socket: Socket, problem: Problem): Promise<boolean> {
    return this.connections.get(socket)?.unreadable(problem) ?? Promise.resolve(false);
  }

  look(): void {
    const now = this.context.clock.monotonic();
    for (const connection of this.connections.values()) connection.look(now);
    this.turns.look(now);
  }

  private begin(exchange: Exchange, peer: string, isTrusted: boolean): void {
    const { request } = exchange;
    if (request.url === '/healthz') exchange.answer(204, {});
    else if (request.url === '/readyz') void this.ready().then((is) => exchange.answer(is ? 204 : 503, {}));
    // Its sidecar asks it at its start, without a token, and takes this for "no subscriptions"; so does everybody else.
    else if (request.url === '/dapr/subscribe') refuse(exchange, nothingHere());
    else if (this.options.following?.isConfigurationChange(request, peer)) exchange.answer(200, {});
    else
      withTrace(continueTrace(request.headers.traceparent, { requestId: exchange.requestId }), () => {
        this.handle(exchange, peer, isTrusted).catch((error) => this.failed(exchange, error));
      });
  }

  private async handle(exchange: Exchange, peer: string, isTrusted: boolean): Promise<void> {
    const { request } = exchange;
    const { method = '', headers } = request;
    if (this.connections.get(request.socket)?.isOver) throw tooManyConnections();
    checkFrame(exchange);
    const asked = preflight(method, headers);
    if (asked) return exchange.answer(204, asked);
    const { path, query, authority } = targetOf(request.url ?? '', this.limits.target);
    const { base, address } = this.outside.of(headers, peer, isTrusted, authority);
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
