import type { RequestHandler, Router } from 'express';
import { Problem } from './problem.ts';
import { calledPath } from './resource.ts';

/** Behind these routes: what is asked for does not exist, or not with this verb. */
export const notFound =
  (routers: readonly Router[] = []): RequestHandler =>
  (request, response) => {
    const { method } = request;
    const path = calledPath(request);
    // Express answers this question only inside its router; its types leave `match` out.
    const fits = (layer: unknown): boolean => (layer as { match(path: string): boolean }).match(request.path);
    const routes = routers.flatMap(({ stack }) => stack.filter(fits).map(({ route }) => route));
    const allowed = new Set(routes.flatMap((route) => route?.stack.map(({ method }) => method.toUpperCase()) ?? []));
    if (allowed.size === 0) throw new Problem(404, 'Not Found', `There is nothing at ${method} ${path}.`);
    response.set('allow', [...allowed].join(', '));
    throw new Problem(405, 'Method Not Allowed', `${path} takes ${[...allowed].join(', ')}, not ${method}.`);
  };
