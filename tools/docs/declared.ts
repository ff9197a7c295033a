import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { type Kit, policiesOf } from '../../services/kit/index.ts';
import { definitionsOf } from '../run/definitions.ts';
import { root } from '../run/paths.ts';

/** What the services of a system declare in their files: the events they publish, and those they act on. */

export interface Declared {
  readonly service: string;
  readonly type: string;
  readonly schema: z.ZodType;
}

async function exportsOf(
  system: string,
  file: string,
): Promise<[service: string, exported: Record<string, unknown>][]> {
  const folder = join(root, 'services', system);
  const services = await readdir(folder);
  const found = await Promise.all(
    services.map(async (service) => {
      const files: string[] = await readdir(join(folder, service)).catch(() => []);
      if (!files.includes(file)) return [];
      return [[service, await import(join(folder, service, file))] as [string, Record<string, unknown>]];
    }),
  );
  return found.flat();
}

const isEvent = (value: unknown): value is Omit<Declared, 'service'> =>
  typeof value === 'function' && 'type' in value && 'schema' in value;

/** Every event of every contract.ts. */
export const published = async (system: string): Promise<Declared[]> =>
  (await exportsOf(system, 'contract.ts')).flatMap(([service, exported]) =>
    Object.values(exported)
      .filter(isEvent)
      .map(({ type, schema }) => ({ service, type, schema })),
  );

/** Every event that a policy or view acts on. */
export async function consumed(system: string): Promise<Declared[]> {
  // Policies are made, not used: nothing of the kit is touched.
  const nothing = {} as Kit;
  return [...(await definitionsOf(system))].flatMap(([service, definition]) =>
    policiesOf(definition, nothing).map(({ event }) => ({ service, type: event.type, schema: event.schema })),
  );
}

/** What a domain contract says of its system, as far as it cannot be read from the code. */
export interface Contract {
  /** What the system is for, in a sentence or two. */
  readonly about: string;
  /** `<service> <event>`, under the contract's names, in alphabetical order. */
  readonly events: readonly string[];
  /** Events on which no policy or view acts: for whom they are told (a service written in another language comes first). */
  readonly outlets: Readonly<Record<string, string>>;
  /** How many acceptance scenarios there are. */
  readonly scenarios: number;
  /** Scenarios that no test of the suite plays, and where they are shown instead. */
  readonly elsewhere: Readonly<Record<number, string>>;
}

export const contractOf = async (system: string): Promise<Contract> =>
  ((await import(`./contracts/${system}.ts`)) as { contract: Contract }).contract;
