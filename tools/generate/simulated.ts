import { definitionsOf } from '../run/infrastructure/definitions.ts';
import { apart } from './scopes.ts';

const HEAD = '// Written by ./run generate from dapr/<system>.yaml; a test says when it is not current.\n';

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** tests/simulation/services.ts: the services written in TypeScript, which the simulation runs in one process. */
export async function simulatedServices(systems: readonly string[]): Promise<string> {
  const imports: string[] = [];
  const lines: string[] = [];
  const own: string[] = [];
  for (const system of systems) {
    for (const name of [...(await definitionsOf(system)).keys()].sort()) {
      const word = system + capital(name);
      imports.push(`import ${word} from '../../services/${system}/${name}/service.ts';\n`);
      lines.push(`  '${system}-${name}': of(${word}),\n`);
    }
    own.push(...(await apart(system)));
  }
  const kit =
    "import { type App, assemble, type Context, type Service, type Transport } from '../../services/kit/index.ts';\n";
  const sorted = [...imports, kit].sort((one, other) => (pathOf(one) < pathOf(other) ? -1 : 1));
  return `${HEAD}import type { z } from 'zod';
${sorted.join('')}
/** Puts a service together beside what stands in its sidecar's stead. */
export type Assemble = (at: { dapr: Transport; appId: string; instance: string; context: Context }) => App;
const of =
  <S extends z.ZodObject>(definition: Service<S>): Assemble =>
  (at) =>
    assemble(definition, at);

/** Every service that can be simulated, by its app id. */
export const SERVICES: Readonly<Record<string, Assemble>> = {
${lines.join('')}};

/** Services with a store of their own: components/<profile>/<app id>-state.yaml. */
export const APART: ReadonlySet<string> = new Set([
${own
  .sort()
  .map((appId) => `  '${appId}',\n`)
  .join('')}]);
`;
}

const pathOf = (line: string): string => line.slice(line.indexOf("'"));
