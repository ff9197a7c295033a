import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AsyncApi, Documents, OpenApi } from '../model/contract.ts';

// This process runs in the folder of the repository.
const DOCS = join(process.cwd(), 'docs');

/** The documents of a system that are kept in docs/openapi and docs/asyncapi; undefined where there are none. */
export async function documentsOf(system: string): Promise<Documents | undefined> {
  try {
    const folder = join(DOCS, 'asyncapi', system);
    const names = (await readdir(folder)).map((file) => file.replace(/\.json$/, ''));
    const read = async <T>(file: string): Promise<T> => JSON.parse(await readFile(file, 'utf8')) as T;
    const services = names.map(async (name) => [name, await read<AsyncApi>(join(folder, `${name}.json`))] as const);
    return {
      openapi: await read<OpenApi>(join(DOCS, 'openapi', `${system}.json`)),
      asyncapi: Object.fromEntries(await Promise.all(services)),
    };
  } catch {
    return undefined;
  }
}

const DOCUMENT = /^\/documents\/(openapi\/[a-z0-9]+|asyncapi\/[a-z0-9]+\/[a-z0-9]+)\.json$/;

/** One document as it is kept, for whoever wants it as a file; undefined: there is none at this address. */
export async function documentAt(pathname: string): Promise<string | undefined> {
  const [, name] = DOCUMENT.exec(pathname) ?? [];
  return name === undefined ? undefined : readFile(join(DOCS, `${name}.json`), 'utf8').catch(() => undefined);
}
