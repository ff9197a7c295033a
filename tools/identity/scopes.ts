import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from '../run/paths.ts';

const Program = z.object({ scopes: z.record(z.string(), z.string()) });
const Schemes = z.object({ oauth2: z.object({ flows: z.object({ clientCredentials: Program }) }) });
const Document = z.object({ components: z.object({ securitySchemes: Schemes }) });

/** What clients of a system may ask for, as its OpenAPI document has it. */
export async function scopesOf(system: string): Promise<readonly string[]> {
  const text = await readFile(join(root, 'docs/openapi', `${system}.json`), 'utf8');
  return Object.keys(Document.parse(JSON.parse(text)).components.securitySchemes.oauth2.flows.clientCredentials.scopes);
}
