import { createHmac, randomBytes } from 'node:crypto';

/** The environment variable with the secret, for a process that may call all services. */
export const SECRET_VARIABLE = 'MADANG_SECRET';

/** A secret of one start of the runner. It is in the memory of the runner and the environment of the console, and nowhere else. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** With what a service and its sidecar know each other. */
export interface Tokens {
  /** What the app shows its sidecar. */
  readonly api: string;
  /** What the sidecar, or who is as trusted, shows the app. */
  readonly app: string;
}

/** The tokens of a service: made of the secret, so that the console knows those of services that start after it. */
export function tokensOf(secret: string, appId: string): Tokens {
  const token = (of: string): string => createHmac('sha256', secret).update(`${of} ${appId}`).digest('base64url');
  return { api: token('api'), app: token('app') };
}

/** Headers that show a token; none where it is empty. */
export const headersWith = (token: string): Record<string, string> => (token ? { 'dapr-api-token': token } : {});

/** Headers with which a service answers whoever has the secret; none where there is no secret. */
export const headersFor = (secret: string | undefined, appId: string): Record<string, string> =>
  headersWith(secret ? tokensOf(secret, appId).app : '');
