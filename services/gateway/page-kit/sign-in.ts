import { signal } from '@preact/signals';
import { ask, token } from './http.ts';
import { kept } from './kept.ts';

/** How to sign in at this entrance, as it says it. */
interface SignIn {
  readonly issuer: string;
  readonly client: string;
  readonly scope: string;
}

/** What the authorization server says of itself. */
interface Server {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly end_session_endpoint?: string;
}

/** Who is signed in, as the entrance sees them. */
export interface Me {
  readonly person: string;
  readonly roles: readonly string[];
}

const session = (name: string) => kept(name, '', () => sessionStorage);
/** What was begun and has to be answered: state and verifier. */
const begun = session('sign-in');
/** The ID token, by which the authorization server knows whom to sign out. */
const identity = session('identity');

/** Undefined: nobody is signed in. */
export const me = signal<Me | undefined>(undefined);
/** Whether people can sign in here; not known before it was looked for. */
export const isOffered = signal(false);
/** Signing in did not work. */
export const isFailed = signal(false);

const random = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));
const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
const pageAddress = (): string => new URL('.', document.baseURI).href;

async function jsonAt<T>(address: string | URL, init: RequestInit = {}): Promise<T | undefined> {
  const response = await fetch(address, init).catch(() => undefined);
  return response?.ok ? ((await response.json()) as T) : undefined;
}

const termsOf = (): Promise<SignIn | undefined> => jsonAt<SignIn>(new URL('sign-in.json', document.baseURI));
const serverOf = ({ issuer }: SignIn): Promise<Server | undefined> =>
  jsonAt<Server>(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);

/** Looks whether people can sign in here. */
export async function lookForSignIn(): Promise<void> {
  isOffered.value = (await termsOf()) !== undefined;
}

/** Leaves the page for the authorization server (authorization code with PKCE, RFC 7636). */
export async function signIn(): Promise<void> {
  const terms = await termsOf();
  const server = terms && (await serverOf(terms));
  isFailed.value = !server;
  if (!server) return;
  const [state, verifier] = [random(), random()];
  begun.value = JSON.stringify({ state, verifier, hash: location.hash });
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  location.assign(
    withQuery(server.authorization_endpoint, {
      response_type: 'code',
      client_id: terms.client,
      redirect_uri: pageAddress(),
      scope: terms.scope,
      state,
      code_challenge: base64url(new Uint8Array(digest)),
      code_challenge_method: 'S256',
    }),
  );
}

/** Takes the code with which the authorization server has sent the person back, if that is so, and learns who it is. */
export async function comeBack(): Promise<void> {
  const query = new URLSearchParams(location.search);
  const expected = begun.peek() && (JSON.parse(begun.peek()) as Record<'state' | 'verifier' | 'hash', string>);
  if (query.has('state')) {
    begun.value = '';
    history.replaceState(null, '', `${location.pathname}${expected ? expected.hash : ''}`);
    if (expected && query.get('state') === expected.state) await redeem(query.get('code') ?? '', expected.verifier);
    else isFailed.value = true;
  }
  if (token.peek()) await learnWho();
}

async function redeem(code: string, verifier: string): Promise<void> {
  const terms = await termsOf();
  const server = terms && (await serverOf(terms));
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: terms?.client ?? '',
    redirect_uri: pageAddress(),
    code,
    code_verifier: verifier,
  });
  const given =
    server &&
    (await jsonAt<Record<'access_token' | 'id_token', string>>(server.token_endpoint, { method: 'POST', body }));
  isFailed.value = !given;
  token.value = given?.access_token ?? '';
  identity.value = given?.id_token ?? '';
}

async function learnWho(): Promise<void> {
  const { status, body } = await ask('GET', 'app/me.json');
  me.value = status === 200 ? (body as Me) : undefined;
}

/** Forgets the token, and has the authorization server forget the person. */
export async function signOut(): Promise<void> {
  const terms = await termsOf();
  const server = terms && (await serverOf(terms));
  const hint = identity.peek();
  token.value = '';
  identity.value = '';
  me.value = undefined;
  const end = server?.end_session_endpoint;
  if (!terms || !end) return location.reload();
  location.assign(
    withQuery(end, {
      client_id: terms.client,
      post_logout_redirect_uri: pageAddress(),
      ...(hint ? { id_token_hint: hint } : {}),
    }),
  );
}

function withQuery(address: string, query: Record<string, string>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}
