import type { RequestHandler } from 'express';
import type { z } from 'zod';
import type { Route } from '../http/route.ts';
import type { Policy } from '../messaging/policy.ts';
import type { View } from '../views/view.ts';
import type { CalleeTerms, CallTerms } from './call-terms.ts';
import type { Kit } from './kit.ts';

/** A path that clients may ask for at the gateway; one that several services have stands behind a prefix there. */
export type PublicPath = string | { readonly outside: string; readonly inside: string };

/** A service as its service.ts describes it: data, and functions that are given what they work with. */
export interface ServiceDefinition<S extends z.ZodObject> {
  /** Keys of the ConfigMap this service reads. */
  readonly configuration?: S;
  readonly routes?: readonly (Route<z.output<S>> | readonly Route<z.output<S>>[])[];
  /** First parts of the paths that clients reach through the gateway; everything else is for other services. */
  readonly publicPaths?: readonly PublicPath[];
  /**
   * The services it calls, by app id, and what limits each call; dapr/resiliency and dapr/access derive from it. In a
   * cluster, and with `./run up --mtls`, it can call no other.
   */
  readonly calls?: Readonly<Record<string, CalleeTerms>>;
  /** What limits the calls of the gateway to it, where that is not the same as for all others. */
  readonly entrance?: CallTerms;
  /** Other names of first parts of paths: `{ '/course': '/courses' }`. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** What it does on events. */
  readonly policies?: readonly Policy[] | ((kit: Kit<z.output<S>>) => readonly Policy[]);
  /**
   * Milliseconds that an event may wait for others, so that fewer and larger batches come; 3 where nothing is said. For
   * services that do nothing on events which anybody waits for: each is brought every event of its system.
   */
  readonly eventsWaitMs?: number;
  readonly views?: readonly Pick<View<unknown>, 'policies'>[];
  /** What has to be done before it takes requests; at every start, perhaps by several replicas at once, so it sees what was done. */
  start?(kit: Kit<z.output<S>>): Promise<void>;
}

/** A service that can be assembled, and looked at without being assembled. */
export interface Service<S extends z.ZodObject = z.ZodObject> extends ServiceDefinition<S> {
  readonly routes: readonly Route<z.output<S>>[];
  readonly publicPaths: readonly PublicPath[];
}

/** Describes a service: the default export of its service.ts. The type of its configuration follows from the schema. */
export const defineService = <S extends z.ZodObject = z.ZodObject>(definition: ServiceDefinition<S>): Service<S> => ({
  ...definition,
  routes: (definition.routes ?? []).flat() as Route<z.output<S>>[],
  publicPaths: definition.publicPaths ?? [],
});

/** What a service does on events: its own policies, then those of its views. */
export const policiesOf = <S extends z.ZodObject>(
  { policies = [], views = [] }: ServiceDefinition<S>,
  kit: Kit<z.output<S>>,
): Policy[] => [
  ...(typeof policies === 'function' ? policies(kit) : policies),
  ...views.flatMap((view) => view.policies),
];

/** Reads other names of paths as the paths they stand for. */
export const renamed =
  (aliases: Readonly<Record<string, string>>): RequestHandler =>
  (request, _, next) => {
    const [first = ''] = /^\/[^/?]*/.exec(request.url) ?? [];
    const path = Object.hasOwn(aliases, first) ? aliases[first] : undefined;
    if (path !== undefined) request.url = path + request.url.slice(first.length);
    next();
  };
