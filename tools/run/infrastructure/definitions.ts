import { access } from 'node:fs/promises';
import { join } from 'node:path';
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
