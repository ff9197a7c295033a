import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contractOf } from '../docs/declared.ts';
import { systems } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { gatewayRoutes } from './gateway.ts';
import { openapi } from './openapi.ts';
import { scoped } from './scopes.ts';
import { simulatedServices } from './simulated.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Every file that is derived from what the services declare: its path in the repository, and what is in it. */
export async function outputs(): Promise<Map<string, string>> {
  const all = (await systems()).sort();
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const files = new Map<string, string>([
    ['services/gateway/routes.ts', await gatewayRoutes(all)],
    ['tests/simulation/services.ts', await simulatedServices(all)],
    ...(await scoped(all)),
  ]);
  for (const system of all) {
    const { about } = await contractOf(system);
    files.set(`docs/openapi/${system}.json`, json(await openapi(system, about, version)));
  }
  return files;
}
