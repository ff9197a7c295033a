import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Configuration, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { pages as ownPages } from './pages.ts';
import { PEOPLE, personOf } from './people.ts';

const ALGORITHM = 'ES256';
const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;
/** For a provider on 127.0.0.1 whose people are made up: everybody may know it. */
const SECRET = 'madang';

/** What the provider knows of a system. */
export interface Served {
  /** Addresses of its page. */
  readonly pages: readonly string[];
  /** What clients may ask for, as its OpenAPI document has it. */
  readonly scopes: readonly string[];
}

/** Clients are named `<system>-page` and `<system>-program`. */
export const systemOf = (client: string): string => client.replace(/-(page|program)$/, '');
const resourceOf = (system: string): string => `urn:madang:${system}`;
const clientIn = ({ oidc }: KoaContextWithOIDC): string => oidc.client?.clientId ?? '';

/** Pages sign people in, with a code and PKCE; programs have a secret. */
const clientsOf = (systems: Readonly<Record<string, Served>>) =>
  Object.entries(systems).flatMap(([system, { pages }]) => [
    {
      client_id: `${system}-page`,
      token_endpoint_auth_method: 'none' as const,
      grant_types: ['authorization_code'],
      response_types: ['code' as const],
      redirect_uris: [...pages],
      post_logout_redirect_uris: [...pages],
    },
    {
      client_id: `${system}-program`,
      client_secret: SECRET,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
  ]);

/** Whoever is signed in as somebody of another system chooses again. */
function signIn() {
  const policy = interactionPolicy.base();
  const isStranger = (context: KoaContextWithOIDC): boolean =>
    personOf(context.oidc.session?.accountId, systemOf(clientIn(context))) === undefined;
  const { Check } = interactionPolicy;
  policy.get('login')?.checks.add(new Check('stranger', 'choose a person of this system', isStranger));
  return policy;
}

/** Nobody is asked to consent: the pages are this project's own. */
const grantAll =
  (scopeIn: (system: string) => string): Configuration['loadExistingGrant'] =>
  async ({ oidc }) => {
    const { client, session, provider } = oidc;
    if (!client || !session?.accountId) return undefined;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid profile');
    const system = systemOf(client.clientId);
    grant.addResourceScope(resourceOf(system), scopeIn(system));
    await grant.save();
    return grant;
  };

/** Who the gateway sees: the role of a person; a program has scopes, or is an operator if it asked for none. */
const claimsFor: Configuration['extraTokenClaims'] = ({ oidc }, token) => {
  const account = 'accountId' in token ? token.accountId : undefined;
  if (account === undefined) return oidc.params?.scope ? undefined : { roles: ['operator'] };
  const person = personOf(account, systemOf(oidc.client?.clientId ?? ''));
  return person && { person: person.id, roles: [person.role], name: person.name };
};

/**
 * An OpenID provider for development. What it knows is gone when it ends, its keys too.
 * @param issuer its address
 */
export async function provider(issuer: string, systems: Readonly<Record<string, Served>>): Promise<Provider> {
  const scopeIn = (system: string): string => systems[system]?.scopes.join(' ') ?? '';
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const kid = randomBytes(8).toString('hex');
  return new Provider(issuer, {
    clients: clientsOf(systems),
    clientDefaults: { id_token_signed_response_alg: ALGORITHM },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: ALGORITHM, use: 'sig', kid }] },
    cookies: { keys: [randomBytes(24).toString('base64url')] },
    pkce: { required: () => true },
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub'], profile: ['name'] },
    ttl: {
      AccessToken: HOUR_S,
      AuthorizationCode: 60,
      ClientCredentials: HOUR_S,
      Grant: DAY_S,
      IdToken: HOUR_S,
      Interaction: HOUR_S,
      Session: DAY_S,
    },
    renderError: ownPages.renderError,
    features: {
      ...ownPages.features,
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (context) => resourceOf(systemOf(clientIn(context))),
        useGrantedResource: () => true,
        getResourceServerInfo: (_, _resource, client) => ({
          scope: scopeIn(systemOf(client.clientId)),
          audience: systemOf(client.clientId),
          accessTokenFormat: 'jwt',
          accessTokenTTL: HOUR_S,
          jwt: { sign: { alg: ALGORITHM } },
        }),
      },
    },
    interactions: { policy: signIn(), url: (_, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: grantAll(scopeIn),
    extraTokenClaims: claimsFor,
    findAccount: (_, accountId) => {
      const system = Object.keys(PEOPLE).find((name) => personOf(accountId, name)) ?? '';
      const name = personOf(accountId, system)?.name ?? '';
      return { accountId, claims: () => ({ sub: accountId, name }) };
    },
    clientBasedCORS: (_, origin, client) => (client.redirectUris ?? []).some((uri) => new URL(uri).origin === origin),
  });
}
