import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { unannounced } from '../compatibility/compare.ts';
import { systems } from '../run/infrastructure/templates.ts';
import { gatewayRoutes } from './gateway.ts';
import { acceptedAt, acceptedContract, described } from './promised.ts';

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The types of a client of a system, which tests/lecture/scenarios/generated-client.spec.ts uses. */
const clientTypes = async (document: object): Promise<string> =>
  `// Written by ./run generate from docs/openapi/lecture.json; a test says when it is not current.\n${astToString(
    await openapiTS(JSON.parse(JSON.stringify(document)) as OpenAPI3),
  )}`;

/** Every file that is derived from what the services declare: its path in the repository, and what is in it. */
export async function outputs(): Promise<Map<string, string>> {
  const all = (await systems()).sort();
  const files = new Map<string, string>([['services/gateway/routes.ts', await gatewayRoutes(all)]]);
  for (const system of all) {
    const { rest, services, promised } = await described(system);
    files.set(`docs/openapi/${system}.json`, json(rest));
    for (const [name, document] of services) files.set(`docs/asyncapi/${system}/${name}.json`, json(document));
    const accepted = await acceptedContract(system);
    // What breaks somebody is not taken over before the version says so; a test names whom.
    const isAccepted = accepted === undefined || unannounced(accepted, promised).length === 0;
    files.set(acceptedAt(system), json(isAccepted ? promised : accepted));
    if (system === 'lecture') files.set('tests/lecture/openapi.ts', await clientTypes(rest));
  }
  return files;
}
