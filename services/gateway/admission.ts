import { Problem } from '../kit/index.ts';

/** Whom a valid token is of. */
export interface Caller {
  /** Person or program, as the authorization server names it; one client of the limits. */
  readonly subject: string;
  /** As the records of the system name him: the value of their owner field. */
  readonly person: string;
  readonly roles: readonly string[];
  /** What the client may do with it; servers that know no scopes name none. */
  readonly scopes: readonly string[];
  /** Whether it is a client's own (client credentials), and nobody's who signed in. */
  readonly isProgram: boolean;
}

/** Where clients get tokens, by what the authorization server says of itself. */
export interface Endpoints {
  readonly authorization?: string | undefined;
  readonly token?: string | undefined;
}

/**
 * Lets a request in or not, by its Authorization header.
 * @throws Refused 401, 403; Problem 503
 */
export interface Admission {
  (authorization: string | undefined): Promise<Caller>;
  /** Known once somebody was let in. */
  endpoints?(): Endpoints | undefined;
}

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

/** The token is valid, and does not permit this. @param scope what it would need */
export const forbidden = (detail: string, scope?: string): Refused =>
  new Refused(403, detail, `Bearer error="insufficient_scope"${scope ? `, scope="${scope}"` : ''}`);
