import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Router } from 'express';
import { parse } from 'yaml';
import { routes } from '../../services/gateway/routes.ts';
import type { Kit } from '../../services/kit/index.ts';
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

interface Layer {
  readonly method: string;
  readonly path: string;
}

/** Method and path of every route that the routers of a service have. */
async function layersOf(system: string, service: string): Promise<Layer[]> {
  const file = join('services', system, service, 'app.ts');
  const files: string[] = await readdir(join(root, 'services', system, service));
  if (!files.includes('app.ts')) return [];
  const module = (await import(join(root, file))) as Record<string, unknown>;
  const definition = Object.values(module).find(
    (exported): exported is { api(kit: Kit): Router[] } => typeof (exported as { api?: unknown }).api === 'function',
  );
  if (!definition) throw new Error(`${file} exports no service.`);
  // Routers are made, not used: nothing of the kit is touched.
  const routers = definition.api({ records: {}, sidecar: {}, config: () => ({}) } as unknown as Kit);
  return routers.flatMap(layersIn);
}

const layersIn = ({ stack }: Pick<Router, 'stack'>): Layer[] =>
  stack.flatMap(({ route, handle }) => {
    if (!route) return 'stack' in handle ? layersIn(handle as unknown as Router) : [];
    const methods = [...new Set(route.stack.map(({ method }) => method.toUpperCase()))];
    return methods.map((method) => ({ method, path: route.path }));
  });

/** Every public and every internal route of a system, from the routers of its services. */
export async function routesOf(system: string, services: readonly string[]): Promise<Reachable[]> {
  const found: Reachable[] = [];
  for (const service of services) {
    const layers = await layersOf(system, service);
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
