import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Problem, reason } from '../kit/index.ts';
import { type Admission, type Caller, forbidden, Refused } from './admission.ts';
import { Keys } from './keys.ts';
import { Known } from './known.ts';
import type { SignIn } from './page.ts';

const CLOCKS_DIFFER_S = 5;
/** More keys than these are not tried for one token. */
const CANDIDATES = 8;

/** Who is let in: bearers of an access token (RFC 6750, 9068) of this authorization server. */
interface Terms {
  /** Its address, as it stands in the tokens; its keys are found by OpenID Connect discovery. */
  readonly issuer: string;
  /** What the tokens must be meant for. */
  readonly audience: string;
  /** What they must permit. */
  readonly scope?: string | undefined;
  /** The claim that has the roles, and the one that names the person as the system's records do. */
  readonly roles: string;
  readonly person: string;
}

/**
 * Reads AUTH_ISSUER, AUTH_AUDIENCE and, if wanted, AUTH_SCOPE, AUTH_ROLES and AUTH_PERSON.
 * @returns what lets nobody pass without a valid token; undefined without AUTH_ISSUER: everybody is let in
 * @throws one sentence that says what is missing
 */
export function tokensFrom(env: Readonly<Record<string, string | undefined>>): Admission | undefined {
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_SCOPE: scope } = env;
  if (!issuer) return undefined;
  if (!/^https?:/.test(issuer) || !URL.canParse(issuer))
    throw new Error(`AUTH_ISSUER is "${issuer}"; set it to the address of the authorization server, or leave it out.`);
  if (!audience) throw new Error('AUTH_ISSUER is set and AUTH_AUDIENCE is not; say for whom the tokens are meant.');
  if (scope && !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))
    throw new Error(`AUTH_SCOPE is "${scope}"; set it to one scope, without blanks and quotation marks.`);
  const claims = { roles: env.AUTH_ROLES || 'roles', person: env.AUTH_PERSON || 'sub' };
  return tokens({ issuer, audience, scope: scope || undefined, ...claims });
}

/** Reads what pages need to sign people in: AUTH_CLIENT and, if wanted, AUTH_PAGE_SCOPE. Without a client nobody signs in there. */
export function signInFrom(env: Readonly<Record<string, string | undefined>>): SignIn | undefined {
  const { AUTH_ISSUER: issuer, AUTH_CLIENT: client, AUTH_PAGE_SCOPE: scope } = env;
  return issuer && client ? { issuer, client, scope: scope || 'openid profile' } : undefined;
}

function tokens(terms: Terms): Admission {
  const { issuer, scope } = terms;
  const keys = new Keys(issuer);
  const known = new Known();
  const admit = async (authorization: string | undefined): Promise<Caller> => {
    const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '') ?? [];
    if (!token) {
      const how = 'send it as `Authorization: Bearer <token>`';
      throw new Refused(401, `A token of ${issuer} is needed here; ${how}.`, 'Bearer');
    }
    const { fresh } = keys;
    const met = known.find(token, fresh, Date.now() / 1_000);
    if (met) return met;
    const payload = await verified(token, keys, terms).catch((error) => {
      if (error instanceof Problem) throw error;
      const detail = `The token is not valid: ${reason(error)}; get a new one of ${issuer}.`;
      throw new Refused(401, detail, 'Bearer error="invalid_token"');
    });
    const scopes = wordsOf(payload.scope, payload.scp);
    if (scope && !scopes.includes(scope)) throw forbidden(`The token does not have the scope ${scope}.`, scope);
    const caller: Caller = {
      subject: payload.sub ?? '',
      person: textOf(claimIn(payload, terms.person)) ?? '',
      roles: wordsOf(claimIn(payload, terms.roles)),
      scopes,
      isProgram: isProgram(payload),
    };
    known.keep(token, fresh, caller, payload.exp ?? 0);
    return caller;
  };
  return Object.assign(admit, { endpoints: () => keys.endpoints });
}

/** A token that nobody signed in for is about the client itself (RFC 9068, 2.2); Auth0 says so in its own way. */
const isProgram = ({ sub, client_id: client }: JWTPayload): boolean =>
  typeof client === 'string' && client !== '' && (sub === client || sub === `${client}@clients`);

/** What is in a valid token. Without a `kid`, each of the keys that fit may be the one. */
async function verified(token: string, keys: Keys, { issuer, audience }: Terms): Promise<JWTPayload> {
  const wanted = { issuer, audience, clockTolerance: CLOCKS_DIFFER_S, typ: 'at+jwt', requiredClaims: ['exp'] };
  const keyOf: JWTVerifyGetKey = (...about) => keys.find(...about);
  try {
    return (await jwtVerify(token, keyOf, wanted)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    let tried = 0;
    for await (const key of error) {
      if (++tried > CANDIDATES) break;
      const found = await jwtVerify(token, key, wanted).catch((failure) => {
        if (failure instanceof errors.JWSSignatureVerificationFailed) return undefined;
        throw failure;
      });
      if (found) return found.payload;
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** The words of claims, each a text with blanks or a list: `scope` of RFC 9068, and what other servers make of it. */
const wordsOf = (...claims: readonly unknown[]): string[] =>
  claims.flat().flatMap((text) => (typeof text === 'string' ? text.split(' ').filter(Boolean) : []));

/** Texts and numbers name people; nothing else does. */
const textOf = (claim: unknown): string | undefined =>
  typeof claim === 'string' || typeof claim === 'number' ? String(claim) : undefined;

/** A claim by its name, or by its way through objects: `realm_access.roles`. */
function claimIn(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}
