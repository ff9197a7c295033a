import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { routes } from '../../services/gateway/routes.ts';
import { definitionsOf } from '../run/infrastructure/definitions.ts';
import { root } from '../run/paths.ts';

/** The name of a service within its system. */
export const short = (system: string, appId: string): string => appId.slice(system.length + 1);

/** A synchronous call between two services of a system. */
export interface Call {
  readonly from: string;
  readonly to: string;
  /** Time limit, as Dapr writes it. */
  readonly within: string;
  readonly breaker: boolean;
}

/** The synchronous calls between services, as the resiliency policies have them. */
export async function calls(system: string): Promise<Call[]> {
  const folder = join(root, 'dapr/resiliency');
  const files = (await readdir(folder)).filter((file) => file.startsWith(`${system}-`));
  const found = await Promise.all(
    files.map(async (file) => {
      const { scopes, spec } = parse(await readFile(join(folder, file), 'utf8')) as {
        scopes: string[];
        spec: {
          policies: { timeouts?: Record<string, string> };
          targets: { apps?: Record<string, { timeout?: string; circuitBreaker?: string }> };
        };
      };
      return Object.entries(spec.targets.apps ?? {}).flatMap(([to, { timeout = '', circuitBreaker }]) =>
        scopes
          .filter((from) => !from.endsWith('-gateway'))
          .map((from) => ({
            from: short(system, from),
            to: short(system, to),
            within: spec.policies.timeouts?.[timeout] ?? '',
            breaker: circuitBreaker !== undefined,
          })),
      );
    }),
  );
  return found.flat();
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
