import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { Settings } from '../../../services/gateway/settings.ts';
import type { Service } from '../../../services/kit/index.ts';
import { root } from '../paths.ts';
import { readTemplate } from './templates.ts';

/** The services of a system that are written in TypeScript, by their names, as their service.ts describes them. */
export async function definitionsOf(system: string): Promise<Map<string, Service>> {
  const names = (await readTemplate(system)).map(({ name }) => name).filter((name) => name !== 'gateway');
  const found = new Map<string, Service>();
  for (const name of names) {
    const file = join(root, 'services', system, name, 'service.ts');
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) found.set(name, ((await import(file)) as { default: Service }).default);
  }
  return found;
}

/** The schemas of what the services of a system read of its ConfigMap, by their names: those in TypeScript, and the gateway. */
export async function configurationsOf(system: string): Promise<Map<string, z.ZodObject>> {
  const found = new Map<string, z.ZodObject>();
  for (const [name, { configuration }] of await definitionsOf(system))
    if (configuration) found.set(name, configuration);
  return found.set('gateway', Settings);
}
