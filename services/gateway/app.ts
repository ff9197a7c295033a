import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Context, type Problem, realContext, type Sidecar } from '../kit/index.ts';
import { Connection } from './connection.ts';
import { Dispatcher } from './dispatch.ts';
import { Exchange, type Surroundings } from './exchange.ts';
import { type AllShares, LIMITS, type Limits, sharesOf } from './limits.ts';
import { type Options, settingsOf } from './options.ts';
import { PublicBase } from './public-base.ts';
import { entranceServer, type Handlers } from './server.ts';
import { shareOf } from './share.ts';

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

/** The connections of clients: how many one may have, and whose request is whose. */
class Entrance implements Handlers, Surroundings {
  readonly limits: Limits;
  readonly shares: AllShares;
  readonly context: Context;
  private readonly outside: PublicBase;
  private readonly dispatcher: Dispatcher;
  private readonly connections = new Map<Socket, Connection>();

  constructor(
    sidecar: Sidecar,
    private readonly options: Options,
  ) {
    this.context = options.context ?? realContext;
    this.limits = { ...LIMITS, ...options.limits };
    this.shares = sharesOf(this.limits);
    this.outside = options.outside ?? new PublicBase();
    this.dispatcher = new Dispatcher(sidecar, options, this.outside, this);
  }

  origins = (): string => settingsOf(this.options).GATEWAY_ORIGINS;

  connected(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const peer = shareOf(address);
    const isTrusted = this.outside.trusts(address);
    // The clients of a trusted proxy come by its connections; they are told apart by request.
    const share = isTrusted ? `${peer}:${socket.remotePort}` : peer;
    const isOver = !this.shares.connections.take(share);
    const from = { share: peer, isTrusted, isOver };
    const begin = (exchange: Exchange): void => this.dispatcher.begin(exchange, from);
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
    this.dispatcher.look(now);
  }
}
