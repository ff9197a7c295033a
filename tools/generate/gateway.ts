import { definitionsOf } from '../run/infrastructure/definitions.ts';
import { prefixOf } from './public-routes.ts';

const HEAD = `// Written by ./run generate from the publicPaths of every service.ts; a test says when it is not current.

/**
 * The public paths of every system, and the service each belongs to; nothing else is reachable from outside.
 * A path that several services have is told apart by a prefix, \`<app id> behind <prefix>\`, which the service does not see.
 */
export const routes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
`;

const BREAKERS = `
/** Services that the gateway calls through a breaker which serves all clients (dapr/resiliency). */
export const sharedBreakers: ReadonlySet<string> = new Set(`;

const LIMITS = `
/** Milliseconds that clients wait at most for a service that says how long; the others: \`forwardMs\` of limits.ts. */
export const timeLimits: ReadonlyMap<string, number> = new Map([`;

/** services/gateway/routes.ts */
export async function gatewayRoutes(systems: readonly string[]): Promise<string> {
  const parts: string[] = [];
  const withBreaker: string[] = [];
  const limits: string[] = [];
  for (const system of systems) {
    const definitions = [...(await definitionsOf(system))];
    withBreaker.push(
      ...definitions.flatMap(([name, { entrance }]) => (entrance?.breaker ? [`${system}-${name}`] : [])),
    );
    limits.push(
      ...definitions.flatMap(([name, { entrance }]) =>
        entrance ? [`  ['${system}-${name}', ${entrance.timeoutMs.toLocaleString('en').replaceAll(',', '_')}],\n`] : [],
      ),
    );
    const lines = definitions.flatMap(([service, { publicPaths }]) =>
      publicPaths.map(prefixOf).map(({ outside, prefix }) => {
        const target = `${system}-${service}${prefix === '' ? '' : ` behind ${prefix}`}`;
        return `    '${outside}': '${target}',\n`;
      }),
    );
    parts.push(`  ${system}: {\n${lines.join('')}  },\n`);
  }
  const shared = `[${withBreaker.map((appId) => `'${appId}'`).join(', ')}]);\n`;
  return `${HEAD}${parts.join('')}};\n${BREAKERS}${shared}${LIMITS}\n${limits.join('')}]);\n`;
}
