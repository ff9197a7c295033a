import { issuer } from '../paths.ts';
import type { Status } from '../supervisor/status.ts';

/** Whether the OpenID provider for development runs: gateways ask for its tokens. */
export const isGuarded = ({ infrastructure }: Status): boolean => infrastructure.some(({ id }) => id === 'identity');

/** The token of a program of the system, from the provider for development. @throws Error with one sentence */
export async function tokenFor(system: string): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${system}-program:madang`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  if (!response.ok) throw new Error(`The OpenID provider answers ${response.status}: ./run logs identity says why.`);
  return ((await response.json()) as { access_token: string }).access_token;
}
