import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { Kit, Policy, View } from '../../services/kit/index.ts';
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

/** What a service does on events of others. */
interface DeclaredPolicy {
  readonly service: string;
  readonly policy: Policy;
}

/** Every policy of every policies.ts. */
const declaredPolicies = async (system: string): Promise<DeclaredPolicy[]> =>
  (await exportsOf(system, 'policies.ts')).flatMap(([service, { policies }]) =>
    (typeof policies === 'function' ? (policies({} as Kit) as Policy[]) : (policies as Policy[])).map((policy) => ({
      service,
      policy,
    })),
  );

/** A read model, and the policies by which it follows events. */
interface DeclaredView {
  readonly service: string;
  readonly name: string;
  readonly policies: readonly Policy[];
}

/** Every read model of every views.ts. */
export const views = async (system: string): Promise<DeclaredView[]> =>
  (await exportsOf(system, 'views.ts')).flatMap(([service, exported]) =>
    (Object.values(exported) as Partial<View<unknown>>[]).flatMap(({ kind, policies }) =>
      kind && policies ? [{ service, name: kind.name, policies }] : [],
    ),
  );

/** Every event that a policy or view acts on. */
export const consumed = async (system: string): Promise<Declared[]> => [
  ...(await declaredPolicies(system)).map(({ service, policy }) => ({ service, ...eventOf(policy) })),
  ...(await views(system)).flatMap(({ service, policies }) =>
    policies.map((policy) => ({ service, ...eventOf(policy) })),
  ),
];

/** Every policy that is not a view's. A service may list those of its views among its own. */
export async function ownPolicies(system: string): Promise<{ service: string; type: string }[]> {
  const ofViews = new Set((await views(system)).flatMap(({ policies }) => policies));
  return (await declaredPolicies(system)).flatMap(({ service, policy }) =>
    ofViews.has(policy) ? [] : [{ service, type: policy.event.type }],
  );
}

/** Every kind of record that a domain.ts declares. */
export const aggregates = async (system: string): Promise<{ service: string; name: string }[]> =>
  (await exportsOf(system, 'domain.ts')).flatMap(([service, exported]) =>
    Object.values(exported).flatMap((value) =>
      typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string'
        ? [{ service, name: value.name }]
        : [],
    ),
  );

const eventOf = ({ event }: Policy): Omit<Declared, 'service'> => ({ type: event.type, schema: event.schema });

/** What docs say of a system beside its contract document, and what cannot be read from the code. */
export interface Contract {
  /** What the system is for, in a sentence or two. */
  readonly about: string;
  /** Events on which no policy or view acts: for whom they are published (a service written in another language comes first). */
  readonly outlets: Readonly<Record<string, string>>;
  /** Systems of others that a service speaks to, by service. */
  readonly external?: Readonly<Record<string, string>>;
  /** Scenarios that no test of the suite plays, and where they are shown instead. */
  readonly elsewhere: Readonly<Record<number, string>>;
}

export const contractOf = async (system: string): Promise<Contract> =>
  ((await import(`./contracts/${system}.ts`)) as { contract: Contract }).contract;
