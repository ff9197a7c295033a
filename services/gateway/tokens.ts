import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { Problem, reason } from '../kit/index.ts';
import { Keys } from './keys.ts';

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
}

/**
 * Lets a request in or not, by its Authorization header.
 * @throws Refused 401, 403; Problem 503
 */
export type Admission = (authorization: string | undefined) => Promise<void>;

/** Nobody is let in with this token; says what is wanted (RFC 6750, 3). */
export class Refused extends Problem {
  constructor(
    status: 401 | 403,
    detail: string,
    readonly challenge: string,
  ) {
    super(status, status === 401 ? 'Unauthorized' : 'Forbidden', detail);
  }
}

/**
 * Reads AUTH_ISSUER, AUTH_AUDIENCE and, if wanted, AUTH_SCOPE.
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
  return tokens({ issuer, audience, scope: scope || undefined });
}

function tokens(terms: Terms): Admission {
  const { issuer, scope } = terms;
  const keys = new Keys(issuer);
  return async (authorization) => {
    const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization ?? '') ?? [];
    if (!token) {
      const how = 'send it as `Authorization: Bearer <token>`';
      throw new Refused(401, `A token of ${issuer} is needed here; ${how}.`, 'Bearer');
    }
    const payload = await verified(token, keys, terms).catch((error) => {
      if (error instanceof Problem) throw error;
      const detail = `The token is not valid: ${reason(error)}; get a new one of ${issuer}.`;
      throw new Refused(401, detail, 'Bearer error="invalid_token"');
    });
    if (scope && !scopesOf(payload).includes(scope))
      throw new Refused(
        403,
        `The token does not have the scope ${scope}.`,
        `Bearer error="insufficient_scope", scope="${scope}"`,
      );
  };
}

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

/** `scope` of RFC 9068, and what other servers make of it: a list, or `scp`. */
const scopesOf = ({ scope, scp }: JWTPayload): string[] =>
  [scope, scp].flat().flatMap((text) => (typeof text === 'string' ? text.split(' ') : []));
