import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import type { Policy } from '../../services/kit/policies.ts';
import type { Kit } from '../../services/kit/service.ts';
import { root } from '../system.ts';

/** What the services of the lecture system declare in their files: the events they publish, and those they act on. */

export interface Declared {
  readonly service: string;
  readonly type: string;
  readonly schema: z.ZodType;
}

const folder = join(root, 'services/lecture');

async function exportsOf(file: string): Promise<[service: string, exported: Record<string, unknown>][]> {
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
export const published = async (): Promise<Declared[]> =>
  (await exportsOf('contract.ts')).flatMap(([service, exported]) =>
    Object.values(exported)
      .filter(isEvent)
      .map(({ type, schema }) => ({ service, type, schema })),
  );

/** Every event that a policy or view acts on. */
export async function consumed(): Promise<Declared[]> {
  const policies = (await exportsOf('policies.ts')).flatMap(([service, { policies }]) =>
    (typeof policies === 'function' ? (policies({} as Kit) as Policy[]) : (policies as Policy[])).map((policy) => ({
      service,
      ...eventOf(policy),
    })),
  );
  const views = (await exportsOf('views.ts')).flatMap(([service, exported]) =>
    (Object.values(exported) as { policies?: Policy[] }[])
      .flatMap((view) => view.policies ?? [])
      .map((policy) => ({ service, ...eventOf(policy) })),
  );
  return [...policies, ...views];
}

const eventOf = ({ event }: Policy): Omit<Declared, 'service'> => ({ type: event.type, schema: event.schema });

/** The events alert tells of: its outlet is the notice. */
export async function noticed(): Promise<string[]> {
  const configMap = parse(await readFile(join(root, 'helm/madang/config/lecture.yaml'), 'utf8')) as {
    data: { ALERT_EVENTS: string };
  };
  return configMap.data.ALERT_EVENTS.split(',');
}
