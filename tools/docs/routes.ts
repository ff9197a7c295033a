import { routes } from '../../services/gateway/routes.ts';
import { time } from '../generate/yaml.ts';
import { definitionsOf } from '../run/infrastructure/definitions.ts';

/** The name of a service within its system. */
export const short = (system: string, appId: string): string => appId.slice(system.length + 1);

/** A synchronous call between two services of a system. */
export interface Call {
  readonly from: string;
  readonly to: string;
  /** Time limit, with its unit. */
  readonly within: string;
  readonly breaker: boolean;
}

/** The synchronous calls between services, as the callers declare them. */
export async function calls(system: string): Promise<Call[]> {
  const definitions = [...(await definitionsOf(system))].sort(([one], [other]) => (one < other ? -1 : 1));
  return definitions.flatMap(([from, { calls = {} }]) =>
    Object.entries(calls).map(([appId, { timeoutMs, breaker }]) => ({
      from,
      to: short(system, appId),
      within: time(timeoutMs),
      breaker: breaker !== undefined,
    })),
  );
}

/** A route of a service. */
export interface Reachable {
  readonly method: string;
  /** As clients of the gateway write it; of an internal route, as other services do. */
  readonly path: string;
  readonly service: string;
  readonly isPublic: boolean;
}

/** Every public and every internal route of a system, as its services declare them. */
export async function routesOf(system: string, services: readonly string[]): Promise<Reachable[]> {
  const found: Reachable[] = [];
  const definitions = await definitionsOf(system);
  for (const service of services) {
    const layers = (definitions.get(service)?.routes ?? []).map(({ method, path }) => ({
      method: method.toUpperCase(),
      path,
    }));
    for (const [prefix, target] of Object.entries(routes[system] ?? {})) {
      const [appId, , behind = ''] = target.split(' ');
      if (appId !== `${system}-${service}`) continue;
      const inside = prefix.slice(behind.length);
      for (const { method, path } of layers)
        if (path === inside || path.startsWith(`${inside}/`))
          found.push({ method, path: `${behind}${path}`, service, isPublic: true });
    }
    for (const { method, path } of layers)
      if (path.startsWith('/internal/')) found.push({ method, path, service, isPublic: false });
  }
  return found;
}
