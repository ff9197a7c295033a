import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import type { Document } from '../../services/gateway/grpc/operations.ts';
import { unannounced } from '../compatibility/compare.ts';
import { systems } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { access } from './access.ts';
import { configMaps } from './config-map.ts';
import { gatewayRoutes } from './gateway.ts';
import { acceptedAt, acceptedContract, described } from './promised.ts';
import { type Numbering, proto } from './proto.ts';
import { resiliency } from './resiliency.ts';
import { scoped } from './scopes.ts';
import { simulatedServices } from './simulated.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const NUMBERING = 'docs/proto/numbering.json';

/** The types of a client of a system, which tests/lecture/scenarios/generated-client.spec.ts uses. */
const clientTypes = async (document: object): Promise<string> =>
  `// Written by ./run generate from docs/openapi/lecture.json; a test says when it is not current.\n${astToString(
    await openapiTS(JSON.parse(JSON.stringify(document)) as OpenAPI3),
  )}`;

/** Every file that is derived from what the services declare: its path in the repository, and what is in it. */
export async function outputs(): Promise<Map<string, string>> {
  const all = (await systems()).sort();
  const numbers = JSON.parse(await readFile(join(root, NUMBERING), 'utf8')) as Record<string, Numbering>;
  const files = new Map<string, string>([
    ['services/gateway/routes.ts', await gatewayRoutes(all)],
    ['tests/simulation/services.ts', await simulatedServices(all)],
    ...(await scoped(all)),
    ...(await resiliency(all)),
    ...(await access(all)),
    ...(await configMaps(all)),
  ]);
  for (const system of all) {
    const { rest, services, promised } = await described(system);
    const document = json(rest);
    files.set(`docs/openapi/${system}.json`, document);
    for (const [name, service] of services) files.set(`docs/asyncapi/${system}/${name}.json`, json(service));
    const accepted = await acceptedContract(system);
    // What breaks somebody is not taken over before the version says so; a test names whom.
    const isAccepted = accepted === undefined || unannounced(accepted, promised).length === 0;
    files.set(acceptedAt(system), json(isAccepted ? promised : accepted));
    if (system === 'lecture') files.set('tests/lecture/openapi.ts', await clientTypes(rest));
    const { text, numbering } = proto(system, JSON.parse(document) as Document, numbers[system] ?? {});
    files.set(`docs/proto/${system}.proto`, text);
    numbers[system] = numbering;
  }
  files.set(NUMBERING, json(numbers));
  return files;
}
