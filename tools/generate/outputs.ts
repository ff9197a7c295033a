import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Document } from '../../services/gateway/grpc/operations.ts';
import { contractOf } from '../docs/declared.ts';
import { systems } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { gatewayRoutes } from './gateway.ts';
import { openapi } from './openapi.ts';
import { type Numbering, proto } from './proto.ts';
import { scoped } from './scopes.ts';
import { simulatedServices } from './simulated.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const NUMBERING = 'docs/proto/numbering.json';

/** Every file that is derived from what the services declare: its path in the repository, and what is in it. */
export async function outputs(): Promise<Map<string, string>> {
  const all = (await systems()).sort();
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const numbers = JSON.parse(await readFile(join(root, NUMBERING), 'utf8')) as Record<string, Numbering>;
  const files = new Map<string, string>([
    ['services/gateway/routes.ts', await gatewayRoutes(all)],
    ['tests/simulation/services.ts', await simulatedServices(all)],
    ...(await scoped(all)),
  ]);
  for (const system of all) {
    const { about } = await contractOf(system);
    const document = json(await openapi(system, about, version));
    files.set(`docs/openapi/${system}.json`, document);
    const { text, numbering } = proto(system, JSON.parse(document) as Document, numbers[system] ?? {});
    files.set(`docs/proto/${system}.proto`, text);
    numbers[system] = numbering;
  }
  files.set(NUMBERING, json(numbers));
  return files;
}
