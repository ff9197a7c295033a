import type { RequestHandler } from 'express';
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { log, Problem, reason } from '../kit/index.ts';

const PATIENCE_MS = 5_000;
const CLOCKS_DIFFER_S = 5;

const Metadata = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** Who is let in: bearers of a token (RFC 6750, 9068) of this authorization server. */
interface Admission {
  /** Its address, as it stands in the tokens; its keys are found by OpenID Connect discovery. */
  readonly issuer: string;
  /** What the tokens must be meant for. */
  readonly audience: string;
  /** What they must permit. */
  readonly scope?: string | undefined;
}

/**
 * Reads AUTH_ISSUER, AUTH_AUDIENCE and, if wanted, AUTH_SCOPE.
 * @returns what lets nobody pass without a valid token; undefined without AUTH_ISSUER: everybody is let in
 * @throws one sentence that says what is missing
 */
export function tokensFrom(env: Readonly<Record<string, string | undefined>>): RequestHandler | undefined {
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_SCOPE: scope } = env;
  if (!issuer) return undefined;
  if (!/^https?:/.test(issuer) || !URL.canParse(issuer))
    throw new Error(`AUTH_ISSUER is "${issuer}"; set it to the address of the authorization server, or leave it out.`);
  if (!audience) throw new Error('AUTH_ISSUER is set and AUTH_AUDIENCE is not; say for whom the tokens are meant.');
  return tokens({ issuer, audience, scope: scope || undefined });
}

function tokens({ issuer, audience, scope }: Admission): RequestHandler {
  const keyOf = keysOf(issuer);
  return async (request, response, next) => {
    const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(request.get('authorization') ?? '') ?? [];
    if (!token) {
      response.set('www-authenticate', 'Bearer');
      const how = 'send it as `Authorization: Bearer <token>`';
      throw new Problem(401, 'Unauthorized', `A token of ${issuer} is needed here; ${how}.`);
    }
    const wanted = { issuer, audience, clockTolerance: CLOCKS_DIFFER_S };
    const { payload } = await jwtVerify(token, keyOf, wanted).catch((error) => {
      if (error instanceof Problem) throw error;
      response.set('www-authenticate', 'Bearer error="invalid_token"');
      throw new Problem(401, 'Unauthorized', `The token is not valid: ${reason(error)}; get a new one of ${issuer}.`);
    });
    if (
      scope &&
      !String(payload.scope ?? '')
        .split(' ')
        .includes(scope)
    ) {
      response.set('www-authenticate', `Bearer error="insufficient_scope", scope="${scope}"`);
      throw new Problem(403, 'Forbidden', `The token does not have the scope ${scope}.`);
    }
    next();
  };
}

/** The keys of the authorization server, asked for when they are first needed and kept; new ones are noticed. */
function keysOf(issuer: string): JWTVerifyGetKey {
  let found: Promise<JWTVerifyGetKey> | undefined;
  const discover = async (): Promise<JWTVerifyGetKey> => {
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
    const metadata = Metadata.parse(await answer.json());
    if (metadata.issuer !== issuer) throw new Error(`${address} is of ${metadata.issuer}`);
    return createRemoteJWKSet(new URL(metadata.jwks_uri), { timeoutDuration: PATIENCE_MS });
  };
  return async (...token) => {
    try {
      found ??= discover();
      const keys = await found.catch((error) => {
        found = undefined;
        throw error;
      });
      return await keys(...token);
    } catch (error) {
      const isOfToken = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported;
      if (isOfToken) throw error;
      log.warn('the keys of the authorization server are not to be had', { issuer, reason: reason(error) });
      const detail =
        'The authorization server does not answer, so no token can be checked; please try again in a moment.';
      throw new Problem(503, 'Service Unavailable', detail, { retryAfterSeconds: 1 });
    }
  };
}
