import type { Request } from 'express';
import type { Sidecar } from '../dapr/sidecar.ts';
import type { Decision, Identified } from '../domain/aggregate.ts';
import {
  byId,
  type Command,
  type Decide,
  type Outcome,
  type Records,
  type Ref,
  type Steps,
} from '../persistence/records.ts';
import type { Context } from '../runtime/context.ts';
import type { Kit } from '../runtime/kit.ts';
import { type Answer, createdAnswer, itemAnswer, noContent } from './answer.ts';
import { commandOf, idOf } from './command.ts';
import { requireMatch } from './etag.ts';
import { type Paging, pagingOf } from './paging.ts';
import { Problem } from './problem.ts';
import { type Names, type Resource, shownBy } from './resource.ts';

/**
 * One request as a route sees it: what was asked, checked, and what there is to answer it with.
 * `C`: the configuration of the service, `B`: the body, `Q`: names of the query parameters.
 */
export class RouteContext<C, B, Q extends string> {
  private known: Command | undefined;

  /**
   * @param body what the route's schema made of the body
   * @param query the parameters that the route requires
   */
  constructor(
    private readonly request: Request,
    private readonly kit: Kit<C>,
    readonly body: B,
    readonly query: Readonly<Record<Q, string>>,
  ) {}

  /** The same request with another body: one of several messages that came together. */
  with<B2>(body: B2): RouteContext<C, B2, Q> {
    return new RouteContext(this.request, this.kit, body, this.query);
  }

  get records(): Records {
    return this.kit.records;
  }

  get sidecar(): Sidecar {
    return this.kit.sidecar;
  }

  /** The configuration now in force. */
  get config(): C {
    return this.kit.config();
  }

  /** Time, chance and unique names, see Kit. */
  get context(): Context {
    return this.kit.context;
  }

  /** The number in the path. @throws Problem (404) for what names no record */
  get id(): number {
    return idOf(this.request);
  }

  /** The command that the request is, recognisable by its Idempotency-Key. @throws Problem (400) */
  get command(): Command {
    this.known ??= commandOf(this.request);
    return this.known;
  }

  /** Which page is asked for. @throws InvalidInput */
  get paging(): Paging {
    return pagingOf(this.request);
  }

  /** A part of the path, by its name in the route. */
  param(name: string): string {
    return String(this.request.params[name]);
  }

  /** The problem that the path names no record. */
  missing({ item }: Pick<Names, 'item'>): Problem {
    return new Problem(404, 'Not Found', `There is no ${item} ${this.param('id')}.`);
  }

  /** Refuses what was meant for another state of the record (If-Match). @throws Problem (412) */
  requireMatch<S extends Identified, R extends Identified>(resource: Resource<S, R>, state: S): void {
    requireMatch(this.request, shownBy(resource, state));
  }

  /**
   * Creates a record.
   * @param key value of the `keyedBy` field, where the kind has one
   * @returns 201; the first answer where the command is a repetition
   */
  async create<S extends Identified, R extends Identified>(
    resource: Resource<S, R>,
    decide: (id: number) => Decision<S>,
    key?: string | number,
  ): Promise<Answer> {
    const options = key === undefined ? {} : { key };
    return createdAnswer(resource, await this.records.create(resource.kind, this.command, decide, options));
  }

  /** Creates a record after another service did its part, see Records.createAfter. @returns 201 */
  async createAfter<S extends Identified, R extends Identified>(
    resource: Resource<S, R>,
    steps: (id: number) => Promise<Steps<S>>,
  ): Promise<Answer> {
    return createdAnswer(resource, await this.records.createAfter(resource.kind, this.command, steps));
  }

  /**
   * Changes a record.
   * @param ref the record; the one whose number the path has, where nothing is said
   * @returns 200 with the record as it is now
   * @throws Problem 404 where there is none, 412 where If-Match names another state
   */
  async change<S extends Identified, R extends Identified>(
    resource: Resource<S, R>,
    decide: Decide<S>,
    ref: Ref<S> = byId(resource.kind, this.id),
  ): Promise<Answer> {
    const changed = await this.decideOn(resource, ref, decide);
    if (!changed.state) throw this.missing(resource);
    return itemAnswer(resource, changed.state);
  }

  /** Ends the record that the path names, or changes it so that clients see it no more. @returns 204 */
  async remove<S extends Identified, R extends Identified>(
    resource: Resource<S, R>,
    decide: Decide<S>,
  ): Promise<Answer> {
    const removed = await this.decideOn(resource, byId(resource.kind, this.id), decide);
    if (removed.kind === 'missing') throw this.missing(resource);
    return noContent;
  }

  private decideOn<S extends Identified, R extends Identified>(
    resource: Resource<S, R>,
    ref: Ref<S>,
    decide: Decide<S>,
  ): Promise<Outcome<S>> {
    const matching: Decide<S> = (state) => {
      this.requireMatch(resource, state);
      return decide(state);
    };
    return this.records.change(ref, this.command, matching);
  }
}
