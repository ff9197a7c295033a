import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contract } from '../compatibility/compare.ts';
import { contractOf as promisedBy } from '../compatibility/contract.ts';
import { contractOf } from '../docs/declared.ts';
import { readTemplate } from '../run/infrastructure/templates.ts';
import { root } from '../run/paths.ts';
import { asyncapi } from './asyncapi.ts';
import { openapi } from './openapi.ts';

export const acceptedAt = (system: string): string => `docs/contracts/${system}.json`;

/** What a system promised when its documents were written last; undefined when it is new. */
export async function acceptedContract(system: string): Promise<Contract | undefined> {
  const text = await readFile(join(root, acceptedAt(system)), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Contract);
}

/** The documents of a system, and what they promise. */
export async function described(system: string) {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const rest = await openapi(system, (await contractOf(system)).about, version);
  const names = (await readTemplate(system)).map(({ name }) => name);
  const services = await asyncapi(system, names, version);
  return { rest, services, promised: await promisedBy(system, rest, services) };
}
