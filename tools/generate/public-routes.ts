import type { PublicPath, Route, Service } from '../../services/kit/index.ts';

/** A public path of a service: what clients ask for, and what the service is asked for. */
export interface PublicPrefix {
  readonly outside: string;
  readonly inside: string;
  /** What stands before the service's own path outside; empty, unless several services have that path. */
  readonly prefix: string;
}

export function prefixOf(path: PublicPath): PublicPrefix {
  const { outside, inside } = typeof path === 'string' ? { outside: path, inside: path } : path;
  if (!outside.endsWith(inside)) throw new Error(`The public path ${outside} must end with ${inside}.`);
  return { outside, inside, prefix: outside.slice(0, outside.length - inside.length) };
}

/** The routes of a service that clients reach, each with the path they ask for. */
export const publicRoutesOf = ({ routes, publicPaths }: Service): { readonly path: string; readonly route: Route }[] =>
  publicPaths
    .map(prefixOf)
    .flatMap(({ inside, prefix }) =>
      routes
        .filter(({ path }) => path === inside || path.startsWith(`${inside}/`))
        .map((route) => ({ path: prefix + route.path, route })),
    );
